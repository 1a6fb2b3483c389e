"""What was played and rendered once comes out the same, note for note; README.md says what to do where it does not."""

import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from tests.daemon_tools import ROOT
from tests.frozen.make import HERE, MODELS, render, run
from tests.frozen.performances import PERFORMANCES
from tests.frozen.renderings import RENDERINGS

NOTES = [name for name in RENDERINGS if name != "sound"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    # The paths in journals and renderings are as seen from this folder.
    monkeypatch.chdir(HERE)


def _messages(path: Path) -> list[list[str]]:
    return [[str(message) for message in track] for track in mido.MidiFile(path).tracks]


@pytest.mark.parametrize("name", MODELS)
def test_an_artifact_still_plays_as_it_introduces_itself(name: str) -> None:
    # In a process of its own: it takes the priority of what plays to time the model.
    words = [sys.executable, "-m", "live.cli", "check", f"artifacts/{name}.onnx"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PERFORMANCES)
def test_a_journal_replays_to_the_same_notes_and_the_same_take(name: str, tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    said = run("replay", f"journals/{name}.jsonl", "-o", str(take)).output
    assert "come out the same" in said
    assert _messages(take) == _messages(Path(f"journals/{name}.mid"))


@pytest.mark.parametrize("name", NOTES)
def test_a_rendering_has_the_same_notes(name: str, tmp_path: Path) -> None:
    assert _messages(render(name, tmp_path)) == _messages(Path(f"renders/{name}.mid"))


def test_a_rendering_of_sound_is_the_same(tmp_path: Path) -> None:
    now, rate = soundfile.read(render("sound", tmp_path))
    then, before = soundfile.read("renders/sound.wav")
    assert rate == before
    assert len(now) == len(then)
    # Processors round floats otherwise, and from the first draw that this turns on sound differs.
    assert np.abs(now - then).max() < 1e-3
