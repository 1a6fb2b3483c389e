"""Page 7 word for word, in a copy of the house: its network is written, tested, trained, exported and played."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from tests.docs.pages import ROOT, fences
from tests.models.scores import random_score

pytest.importorskip("torch")
PAGE = ROOT / "docs" / "7-a-network-of-your-own.md"
SHORT = {"train": ["--steps", "6", "--threads", "1"]}
"""What is added, for the page takes half an hour."""


def file_before(block: str) -> Path:
    """Return the file that the page names last before a block."""
    text = PAGE.read_text("utf-8")
    names = re.findall(r"`([\w/.-]+\.(?:py|toml))`", text[: text.index(block)])
    return Path(names[-1])


def house(folder: Path) -> Path:
    for name in ("models", "live", "export", "tests", "pyproject.toml"):
        target = folder / name
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    for seed in range(20):
        random_score(folder / "data" / "mine" / f"{seed}.mid", seed, beats=16)
    return folder


def with_line(text: str, line: str) -> str:
    """Put a line where the page says: among its imports, or as the first of its table."""
    if line.startswith("from "):
        return text.replace("from models.nets.lstm", f"{line}\nfrom models.nets.lstm", 1)
    table = "SMALL = {" if ": {" in line else "NETS: Final[dict[str, type[NotesNet]]] = {"
    assert f"\n{table}\n" in text
    return text.replace(table, f"{table}\n{line}", 1)


def write_what_the_page_says(folder: Path) -> None:
    network, lines, small = fences(PAGE, "python")
    (recipe,) = fences(PAGE, "toml")
    for block in (network, recipe):
        (folder / file_before(block)).write_text(block)
    for block in (lines, small):
        path = folder / file_before(block)
        for line in filter(None, block.splitlines()):
            changed = with_line(path.read_text("utf-8"), line)
            assert line in changed, line
            path.write_text(changed)


def commands() -> list[list[str]]:
    """Return what the page has you type, without what plays until somebody stops it."""
    typed = [shlex.split(line) for block in fences(PAGE, "sh") for line in block.splitlines()]
    return [words for words in typed if words[:2] != ["extempo", "play"]]


def test_the_network_of_page_7_is_trained_exported_checked_and_rendered(tmp_path: Path) -> None:
    folder = house(tmp_path)
    write_what_the_page_says(folder)
    asked = commands()
    assert [words[1] for words in asked if words[0] == "extempo"] == [
        "train", "export", "check", "render",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "share"),
    }
    for program, *words in asked:
        if program == "extempo":
            run = ["-m", "live.cli", *words, *SHORT.get(words[0], [])]
        else:
            assert program == ".venv-dev/bin/python"
            run = words
        done = subprocess.run(
            [sys.executable, *run],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        if "pytest" in words:
            assert re.search(r"\d+ passed", done.stdout)
            assert "failed" not in done.stdout
    notes = [m for m in mido.MidiFile(folder / "gru.mid") if m.type == "note_on" and m.velocity]
    assert notes
