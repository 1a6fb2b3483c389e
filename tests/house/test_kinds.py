"""Nothing asks which kind a model or a voice is of: what differs is in tables."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
ASKS: Final = (
    re.compile(r"""kind(\(.*\))? *(==|!=|in|not in) *[("'\[{]*(events|audio)\b"""),
    re.compile(r"""["'](events|audio)["'] *(==|!=|(not )?in )"""),
    re.compile(
        r"isinstance\([^()]*(\([^()]*\))?,[^()]*\b"
        r"(StepModel|SoundModel|OnnxModel|WaveNet|Ahead|Instrument|Opened|NotesVoice|SoundVoice|NotesNet|AudioNet)\b"
    ),
)


def asking(source: str) -> list[str]:
    """The lines that ask."""
    return [line for line in source.splitlines() if any(ask.search(line) for ask in ASKS)]


@pytest.mark.parametrize("package", ["live", "export", "models"])
def test_nobody_asks_for_a_kind(package: str) -> None:
    found = {
        str(path.relative_to(ROOT)): asking(path.read_text("utf-8"))
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        'if prepared.document.kind == "audio":',
        'if voice.kind != "events":',
        'if "audio" == kind:',
        'if kind in ("events",):',
        "if isinstance(net, AudioNet):",
        "assert isinstance(self._opened[path], NotesVoice | SoundVoice)",
    ],
)
def test_such_a_line_would_be_found(line: str) -> None:
    assert asking(line) == [line]
