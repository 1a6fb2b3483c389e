"""What is new is a file and its line: a toy of each is added to a copy of the house, played live, and played again.

One performance has all that play. Each toy says what is missing where its line is left out.
"""

import json
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import mido
import msgspec
import numpy as np
import onnx
import pytest
import soundfile

from models.contract.document import Document, dump, load
from tests.daemon_tools import RunningDaemon
from tests.models.scores import random_score
from tests.system_tools import wait_for
from tests.tiny_sound import tiny_sound_artifact
from tests.toys.here import melody_artifact, melody_here
from tests.toys.house import LINES, House, Line, said

pytestmark = pytest.mark.system

PLAYED = ("representation", "sound", "clock", "surface", "knob")
"""The toys of the performance."""


class Performance(NamedTuple):
    """What the house played: where, and the lines of its journal."""

    house: House
    melody: Path
    pipe: Path
    daemon: RunningDaemon
    journal: list[dict]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("house"))
    for toy, lines in LINES.items():
        house.bring(toy)
        for line in lines:
            house.add(line)
    return house


@pytest.fixture(scope="module")
def melody(house: House) -> Path:
    with melody_here():
        return melody_artifact(house.folder / "melody.onnx")


@pytest.fixture(scope="module")
def pipe(house: House) -> Path:
    path = tiny_sound_artifact(house.folder / "pipe.onnx")
    model = onnx.load(path)
    (entry,) = model.metadata_props
    entry.value = dump(msgspec.structs.replace(_document(path), net="pipe", name="pipe"))
    onnx.save(model, path)
    return path


RECIPE = """
name = "tunes"
title = "a toy"
net = "mean"
representation = "melody"
batch = 4
length = 32
[corpora]
tunes = 1.0
"""
TRAIN = ("train", "toy.toml", "--data", "data", "--steps", "2", "--threads", "1", "--out")


@pytest.fixture(scope="module")
def tunes(house: House) -> Path | None:
    """A network that has learned from the corpus; None where nothing trains here."""
    if find_spec("torch") is None:
        return None
    for seed in range(6):
        random_score(house.folder / "data" / "tunes" / f"{seed}.mid", seed, beats=16)
    (house.folder / "toy.toml").write_text(RECIPE)
    for words in ((*TRAIN, "run"), ("export", "run/last.pt", "-o", "tunes.onnx")):
        done = house.run("live.cli", *words)
        assert not done.returncode, said(done)
    return house.folder / "tunes.onnx"


@pytest.fixture(scope="module")
def performance(house: House, tunes: Path | None, melody: Path, pipe: Path) -> Performance:
    """Everything at once, as a performer would: the pipe plays the melody's notes, and the clock sways."""
    folder = house.folder / "stage"
    folder.mkdir()
    options = ["--voice", str(pipe), "--sound", "heard.wav", "--tempo", "180"]
    daemon = RunningDaemon(tunes or melody, folder, options=options, environment=house.environment)
    try:
        daemon.wait_until_it_plays(60)
        osc = daemon.osc
        daemon.notes(4)
        osc.send("/extempo/voice/1/save", "verse")
        osc.send("/extempo/transport/source", "sway")
        for pitch in (64, 67):
            osc.send("/extempo/voice/1/play", pitch, 90)
            daemon.notes(2)
            osc.send("/extempo/voice/1/play", pitch, 0)
        osc.send("/extempo/voice/1/rewind", 3)
        osc.send("/extempo/voice/2/rewind", 1)
        daemon.notes(3)
        (folder / "letters.tmp").write_text("density 2\n")
        (folder / "letters.tmp").rename(folder / "letters.txt")
        osc.send("/extempo/voice/1/temperature_word", 0.5)
        osc.send("/extempo/voice/1/nudge", 5)
        osc.send("/extempo/voice/1/freeze", 1)
        daemon.notes(3)
        osc.send("/extempo/voice/1/freeze", 0)
        osc.send("/extempo/voice/1/recall", "verse")
        osc.send("/extempo/voice/2/gain", -3)
        daemon.notes(4)
        wait_for(lambda: len(_jumps(folder)) > 0, 10, "the clock's jump")
        osc.send("/extempo/voice/1/load", str(melody))
        wait_for(lambda: ["melody"] in osc.said("/extempo/voice/1/model"), 20, "the other model")
        daemon.notes(3)
        assert osc.said("/extempo/error") == []
        assert daemon.stop() == 0
        assert daemon.complained == ""
    finally:
        daemon.close()
    return Performance(house, melody, pipe, daemon, _journal(folder))


def _journal(folder: Path) -> list[dict]:
    (path,) = (folder / "takes").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def _document(path: Path) -> Document:
    (entry,) = onnx.load(path).metadata_props
    return load(entry.value, "it")[0]


def _jumps(folder: Path) -> list[dict]:
    return [line for line in _journal(folder) if line.get("jump")]


def _done(performance: Performance, kind: str, voice: int = 1) -> list[dict]:
    lines = (one for one in performance.journal if one.get("voice") == voice)
    return [line["did"] for line in lines if line["did"]["type"] == kind]


def test_what_was_played_comes_out_the_same_again(performance: Performance) -> None:
    (journal,) = performance.daemon.takes.glob("*.jsonl")
    done = performance.house.run("live.cli", "replay", journal)
    assert done.returncode == 0, done.stderr
    assert "come out the same" in done.stdout
    assert len(_done(performance, "Commit")) > 20


def test_representation(performance: Performance) -> None:
    for did in ("Play", "Lift", "Save", "Rewind", "Recall", "Drop", "Jump"):
        assert _done(performance, did), did
    contract, encoder, decoder = LINES["representation"]
    writes = "from models.corpus.encoders.table import kinds_of; kinds_of('melody')"
    with performance.house.without(encoder):
        text = said(performance.house.run("-c", writes))
    assert "there is no representation called 'melody': choose one of performance" in text
    for line, text in (
        (contract, "writes music as 'melody'; this extempo knows 'performance'"),
        (
            decoder,
            "writes music as 'melody', which nothing here plays: this extempo plays 'abc', 'performance'",
        ),
    ):
        assert text in _refused(performance, line, "play", performance.melody)


def test_sound(performance: Performance) -> None:
    sound, _ = soundfile.read(performance.daemon.folder / "heard.wav")
    assert np.abs(sound).max() > 0.1
    assert _done(performance, "Rewind", voice=2)
    (line,) = LINES["sound"]
    text = "the network 'pipe'; this extempo knows 'audio-wavenet'"
    assert text in _refused(performance, line, "play", performance.pipe)


def test_clock(performance: Performance) -> None:
    assert ["sway"] in performance.daemon.osc.said("/extempo/transport/source")
    assert _jumps(performance.daemon.folder)


def test_surface(performance: Performance) -> None:
    assert "letters" in performance.daemon.printed
    assert {"knob": "density", "value": 2.0, "type": "SetKnob"} in _done(performance, "SetKnob")
    told = (performance.daemon.folder / "told.txt").read_text().split()
    assert {"KnobSet", "Beat", "Sounding", "Saved", "Recalled"} <= set(told)


def test_knob(performance: Performance) -> None:
    turned = {"knob": "temperature_word", "value": 0.5, "type": "SetKnob"}
    assert turned in _done(performance, "SetKnob")
    notes = []
    for seed in ("1", "2"):
        path = performance.house.folder / f"{seed}.mid"
        done = performance.house.run(
            "live.cli", "render", performance.melody, "-o", path, "--bars", "4",
            "--seed", seed, "--set", "temperature_word=0",
        )  # fmt: skip
        assert not done.returncode, said(done)
        notes.append([str(message) for message in mido.MidiFile(path)])
    # It is read: what is likeliest depends on no seed.
    assert notes[0] == notes[1]


def test_action(performance: Performance) -> None:
    (done,) = _done(performance, "Nudge")
    assert done["ticks"] == 5
    assert done["tick"] > 0
    _, act, does = LINES["action"]
    house = performance.house
    with house.without(act), house.without(does):
        asked = (
            "from live.control.asking import ACTS; from live.declared.actions import of;"
            "print([one.name for one in of('voice') if one.name not in ACTS])"
        )
        assert "nudge" in said(house.run("-c", asked))


def test_what_is_left_out_is_not_there(performance: Performance) -> None:
    house = performance.house
    folder = house.folder / "bare"
    folder.mkdir()
    left = [LINES[toy][0] for toy in ("clock", "surface", "action", "knob")]
    # Who reads a knob that is not declared is found by mypy, and here as it plays.
    left += LINES["knob"][1:]
    with ExitStack() as without:
        for line in left:
            without.enter_context(house.without(line))
        daemon = RunningDaemon(performance.melody, folder, environment=house.environment)
        without.callback(daemon.close)
        daemon.wait_until_it_plays(60)
        (folder / "letters.txt").write_text("density 2\n")
        daemon.osc.send("/extempo/transport/source", "sway")
        daemon.osc.send("/extempo/voice/1/temperature_word", 0.5)
        daemon.osc.send("/extempo/voice/1/nudge", 5)
        daemon.osc.wait_for("/extempo/error", 3)
        daemon.notes(4)
        assert daemon.stop() == 0
    assert "letters" not in daemon.printed
    assert (folder / "letters.txt").exists()
    (_, clock), (_, knob), (_, action) = daemon.osc.said("/extempo/error")
    assert clock == "The clock's source is one of auto, internal, tap, player, not 'sway'."
    assert "/extempo/voice/1/temperature_word" in knob
    assert "/extempo/voice/1/nudge" in action


def _refused(performance: Performance, line: Line, *words: str | Path) -> str:
    """Return what a command says that cannot be done without a line."""
    with performance.house.without(line):
        done = performance.house.run("live.cli", *words)
    assert done.returncode
    assert "Traceback" not in said(done)
    return said(done)


def test_network(house: House, tunes: Path | None, performance: Performance) -> None:
    if tunes is None:
        pytest.skip("torch is not installed")
    (begun,) = _done(performance, "Begin")
    assert begun["path"] == str(tunes)
    assert _document(tunes).net == "mean"
    (line,) = LINES["network"]
    text = "there is no network called 'mean': choose one of lstm, wavenet"
    assert text in _refused(performance, line, *TRAIN, "other")


def test_corpus(house: House, tunes: Path | None) -> None:
    if tunes is None:
        pytest.skip("torch is not installed")
    (corpus,) = _document(tunes).corpora
    assert (corpus.licence, corpus.attribution, corpus.tier) == ("CC0 1.0", "nobody", "A")
    (line,) = LINES["corpus"]
    described = "from models.corpus.sources import describe; print(describe('tunes', 1).source)"
    with house.without(line):
        assert said(house.run("-c", described)) == "a folder of the user's own"
