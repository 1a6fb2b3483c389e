import os
import subprocess
import sys

from live.ports.sounding import Sounding, left_behind

KILLED = """
import os, pathlib, signal, sys
from live.ports.sounding import Sounding
sounding = Sounding(pathlib.Path(sys.argv[1]))
for data in ((0x90, 60, 80), (0x91, 61, 80), (0x90, 62, 80), (0x80, 62, 0), (0xB2, 64, 127)):
    sounding.mark(bytes(data))
os.kill(os.getpid(), signal.SIGKILL)
"""
OWED = [bytes((0x80, 60, 0)), bytes((0x81, 61, 0)), bytes((0xB2, 64, 0))]


def test_what_sounds_at_a_kill_is_owed_once(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert left_behind(tmp_path) == OWED
    assert left_behind(tmp_path) == []


def test_a_run_that_plays_is_left_alone(tmp_path):
    sounding = Sounding(tmp_path)
    sounding.mark(bytes((0x90, 60, 80)))
    assert left_behind(tmp_path) == []
    sounding.close()
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_owes_nothing(tmp_path):
    (tmp_path / "1").write_bytes(b"")
    (tmp_path / "2").write_bytes(os.urandom(10)[:0] + bytes(60))
    assert left_behind(tmp_path / "nowhere") == []
    assert left_behind(tmp_path) == []
