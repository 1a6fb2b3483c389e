import os
import subprocess
import sys

import pytest

from live.ports.midi.marks import Marks, Reach
from models.midi.messages import NoteOff, NoteOn, Sustain

KILLED = """
import os, pathlib, signal, sys
from live.ports.midi.marks import Marks, Reach
from models.midi.messages import NoteOff, NoteOn, Sustain
marks = Marks()
marks.keep_in(pathlib.Path(sys.argv[1]), sys.argv[2:])
for message in (
    NoteOn(1, 60, 80), NoteOn(2, 61, 80), NoteOn(1, 62, 80), NoteOff(1, 62), Sustain(3, 127)
):
    marks.sent(message, Reach.EVERYBODY)
marks.left()
os.kill(os.getpid(), signal.SIGKILL)
"""
OWED = [NoteOff(1, 60), NoteOff(2, 61), Sustain(3, 0)]
ON, OFF = NoteOn(1, 60, 80), NoteOff(1, 60)


def _kill_a_run(folder, *outputs):
    subprocess.run([sys.executable, "-c", KILLED, folder, *outputs], check=False)


def _owed(folder, *outputs):
    """Return what a run that starts now owes, and let it be killed too."""
    marks = Marks()
    marks.keep_in(folder, outputs or ("synth",))
    owed = marks.owed()
    marks.close()
    return owed


def _pay(marks):
    for message in marks.owed():
        marks.sent(message, Reach.EVERYBODY)
    marks.left()


@pytest.fixture
def marks():
    return Marks()


def test_what_sounds_at_a_kill_is_owed_until_it_is_paid(tmp_path):
    _kill_a_run(tmp_path, "synth")
    assert _owed(tmp_path) == OWED
    # Nobody heard it there.
    assert _owed(tmp_path) == OWED
    next_run = Marks()
    next_run.keep_in(tmp_path, ["synth"])
    _pay(next_run)
    assert not next_run.owing
    next_run.close()
    assert list(tmp_path.iterdir()) == []


def test_only_a_run_that_plays_to_the_same_pays(tmp_path):
    _kill_a_run(tmp_path, "synth", "organ")
    assert _owed(tmp_path, "flute") == []
    assert _owed(tmp_path, "flute", "organ") == OWED


def test_a_run_that_plays_is_left_alone(tmp_path):
    marks = Marks()
    marks.keep_in(tmp_path, ["synth"])
    marks.sent(ON, Reach.EVERYBODY)
    assert _owed(tmp_path) == []
    marks.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_the_same_process_number_owes_no_less(tmp_path):
    _kill_a_run(tmp_path, "synth")
    [left] = tmp_path.iterdir()
    left.rename(tmp_path / str(os.getpid()))
    assert _owed(tmp_path) == OWED


@pytest.mark.parametrize(
    ("cycles", "owed"),
    [
        ([[ON], [OFF, ON], []], [OFF]),
        ([[ON], [OFF], [ON], [OFF, ON, OFF], []], []),
        ([[ON, OFF], []], []),
        ([[ON], [OFF]], [OFF]),
        ([[Sustain(1, 127)], [Sustain(1, 0), Sustain(1, 127)], []], [Sustain(1, 0)]),
        ([[Sustain(1, 127)], [Sustain(1, 0)], []], []),
    ],
    ids=["struck again", "and again", "short", "on its way", "pedal again", "pedal"],
)
def test_after_a_kill_in_any_cycle_what_sounds_is_known(tmp_path, cycles, owed):
    script = KILLED.split("for message")[0].replace("import os", "import msgspec, os", 1) + (
        f"for cycle in {cycles!r}:\n    marks.left()\n    for message in cycle:\n"
        "        marks.sent(message, Reach.EVERYBODY)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path, "synth"], check=False)
    assert _owed(tmp_path) == owed


def test_an_end_that_reaches_nobody_is_owed(marks):
    marks.sent(ON, Reach.PERHAPS)
    marks.sent(OFF, Reach.PERHAPS)
    assert marks.owed() == [OFF]
    _pay(marks)
    assert not marks.owing


def test_a_note_that_nobody_can_hear_owes_nothing(marks):
    marks.sent(ON, Reach.NOBODY)
    marks.sent(OFF, Reach.NOBODY)
    assert not marks.owing


def test_a_key_that_is_owed_its_end_gets_it_before_it_is_struck_again(marks):
    marks.sent(ON, Reach.EVERYBODY)
    marks.sent(OFF, Reach.NOBODY)
    assert marks.owed_before(ON) == OFF
    assert marks.owed_before(NoteOn(1, 61, 80)) is None
    marks.sent(ON, Reach.EVERYBODY)
    assert not marks.owing


def test_a_file_that_cannot_be_mapped_is_not_left(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(19, "No such device")

    monkeypatch.setattr("live.ports.midi.marks.mmap.mmap", refused)
    with pytest.raises(OSError, match="No such device"):
        Marks().keep_in(tmp_path, ["synth"])
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_owes_nothing(tmp_path):
    (tmp_path / "1").write_bytes(b"")
    (tmp_path / "2").write_bytes(bytes(60))
    (tmp_path / "3").write_bytes(b"\1" * 3000)
    assert _owed(tmp_path) == []
