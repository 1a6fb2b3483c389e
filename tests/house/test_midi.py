"""Only models/midi knows the bytes of MIDI; everybody else has typed messages."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MASKED = re.compile(
    r"(&|//|>>|\||\bin) *\(*0x[89A-F]0\b|& *(0x0?F|15)\b|0xF0 *&|>> *4\b", re.IGNORECASE
)
"""A status byte that is taken apart."""
BUILT = re.compile(r"(bytes\(|\[)\(*0x[89A-F][0-9A-F]\b", re.IGNORECASE)
"""One that is put together."""


def sources(*folders: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *(f"{one}/**.py" for one in folders)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if "/midi/" not in line]


def lines(pattern: re.Pattern[str], *folders: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources(*folders)
        if path.exists() and path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_status_byte_is_masked() -> None:
    assert lines(MASKED, "live", "models", "export", "scripts", "patches", "tests") == []


def test_no_message_is_put_together_by_hand() -> None:
    assert lines(BUILT, "live", "models", "export", "scripts", "patches") == []


@pytest.mark.parametrize(
    "line",
    [
        "kind = data[0] & 0xF0",
        "channel = data[0] & 15",
        "if status >> 4 == 9:",
        "kind in (0x80, 0x90)",
    ],
)
def test_such_lines_would_be_found(line: str) -> None:
    assert MASKED.search(line)
    assert BUILT.search("bytes((0x90 | channel, 60, 0))")
