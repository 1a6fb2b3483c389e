"""Shared memory: names that nobody else has, and the end of what runs that were killed have left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from live.links import Links
from live.shared import SHARED, Names, sweep
from tests.daemon_tools import ROOT

_RUN = """
import pathlib, sys, time
from live.shared import Names
names = Names(pathlib.Path(sys.argv[1]))
for _ in range(2):
    (pathlib.Path(sys.argv[1]) / names.next()).touch()
print("there", flush=True)
time.sleep(60)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="shared memory has no folder here")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@linux
def test_what_a_living_run_has_stays_and_what_a_killed_one_had_goes(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, tmp_path], stdout=subprocess.PIPE, cwd=ROOT
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        (tmp_path / "psm_1").touch()
        there = _names(tmp_path)
        assert len(there) == 4
        sweep(tmp_path)
        assert _names(tmp_path) == there
        run.send_signal(signal.SIGKILL)
    sweep(tmp_path)
    assert _names(tmp_path) == {"psm_1"}


@linux
def test_what_has_our_own_process_number_and_is_not_ours_goes(tmp_path: Path) -> None:
    stale = tmp_path / f"extempo-rings-{os.getpid()}-0"
    stale.touch()
    names = Names(tmp_path)
    ours = tmp_path / names.next()
    ours.touch()
    sweep(tmp_path)
    assert not stale.exists()
    assert ours.exists()
    names.close()
    sweep(tmp_path)
    assert _names(tmp_path) == set()


def test_two_runs_of_one_process_have_names_of_their_own(tmp_path: Path) -> None:
    first, second = Names(tmp_path), Names(tmp_path)
    names = [one.next() for one in (first, second) for _ in range(10)]
    assert len(set(names)) == 20
    # macOS takes 31 with the slash.
    assert all(len(name) <= 30 for name in names)
    first.close()
    second.close()


@linux
def test_stale_memory_of_our_own_number_is_no_reason_not_to_play() -> None:
    stale = SHARED / f"extempo-rings-{os.getpid()}-0"
    stale.touch()
    Links().close()
    assert not stale.exists()
