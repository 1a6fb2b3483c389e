import os
import subprocess
import sys

from live.ports.sounding import Sounding, left_behind
from models.midi.messages import NoteOff, NoteOn, Sustain

KILLED = """
import os, pathlib, signal, sys
from live.ports.sounding import Sounding
from models.midi.messages import NoteOff, NoteOn, Sustain
sounding = Sounding(pathlib.Path(sys.argv[1]))
for message in (
    NoteOn(1, 60, 80), NoteOn(2, 61, 80), NoteOn(1, 62, 80), NoteOff(1, 62), Sustain(3, 127)
):
    sounding.mark(message)
os.kill(os.getpid(), signal.SIGKILL)
"""
OWED = [NoteOff(1, 60), NoteOff(2, 61), Sustain(3, 0)]


def test_what_sounds_at_a_kill_is_owed_once(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert left_behind(tmp_path) == OWED
    assert left_behind(tmp_path) == []


def test_a_run_that_plays_is_left_alone(tmp_path):
    sounding = Sounding(tmp_path)
    sounding.mark(NoteOn(1, 60, 80))
    assert left_behind(tmp_path) == []
    sounding.close()
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_owes_nothing(tmp_path):
    (tmp_path / "1").write_bytes(b"")
    (tmp_path / "2").write_bytes(os.urandom(10)[:0] + bytes(60))
    assert left_behind(tmp_path / "nowhere") == []
    assert left_behind(tmp_path) == []
