"""Page 7 word for word, in an empty folder: its network is trained, exported and played."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from live.runtime.library import describe
from tests.docs.pages import ROOT, fences
from tests.models.scores import random_score

pytest.importorskip("torch")
PAGE = ROOT / "docs" / "7-a-network-of-your-own.md"
SHORT = {"train": ["--steps", "2", "--threads", "1"]}
"""What is added, for the page takes half an hour."""


def file_before(block: str) -> str:
    """Return the file that the page names last before a block."""
    text = PAGE.read_text("utf-8")
    return re.findall(r"`([\w-]+\.(?:py|toml))`", text[: text.index(block)])[-1]


def commands() -> list[list[str]]:
    """Return what the page has you type, without what plays until somebody stops it."""
    typed = [shlex.split(line) for block in fences(PAGE, "sh") for line in block.splitlines()]
    return [words for words in typed if words[:2] != ["extempo", "play"]]


def test_the_network_of_page_7_is_trained_exported_checked_and_rendered(tmp_path: Path) -> None:
    for language in ("python", "toml"):
        (block,) = fences(PAGE, language)
        (tmp_path / file_before(block)).write_text(block)
    for seed in range(20):
        random_score(tmp_path / "data" / "mine" / f"{seed}.mid", seed, beats=16)
    asked = commands()
    assert [words[1] for words in asked] == ["train", "export", "check", "render", "models"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
    }
    for _, *words in asked:
        done = subprocess.run(
            [sys.executable, "-m", "live.cli", *words, *SHORT.get(words[0], [])],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    notes = [m for m in mido.MidiFile(tmp_path / "gru.mid") if m.type == "note_on" and m.velocity]
    assert notes
    assert describe(tmp_path / "gru.onnx").net == "my.py:GruNet"
