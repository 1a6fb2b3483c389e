"""Shared memory: names that nobody else has, and the end of what runs that were killed have left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from live.daemon.links import Links
from live.ipc.shared import SHARED, Names, sweep
from tests.daemon_tools import ROOT

_RUN = """
import pathlib, sys, time
from live.ipc.shared import Names
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


@linux
def test_a_run_that_begins_while_another_sweeps_keeps_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.glob
    begun: list[tuple[Names, Path]] = []

    def glob(folder: Path, pattern: str) -> list[Path]:
        # Before each look of the one that sweeps, another begins.
        with monkeypatch.context() as context:
            context.setattr(Path, "glob", real)
            names = Names(tmp_path)
        begun.append((names, tmp_path / names.next()))
        begun[-1][1].touch()
        return list(real(folder, pattern))

    with monkeypatch.context() as context:
        context.setattr(Path, "glob", glob)
        sweep(tmp_path)
    assert len(begun) == 2
    for names, ring in begun:
        assert ring.exists()
        names.close()


@linux
def test_the_memory_of_a_run_that_gets_no_lock_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr("live.machine.lock.os.rename", refused)
        names = Names(tmp_path)
    assert _names(tmp_path) == set()
    ring = tmp_path / names.next()
    ring.touch()
    sweep(tmp_path)
    assert ring.exists()
    names.close()


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
