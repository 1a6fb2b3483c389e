"""How a run ends: for who is impatient, where nobody reads, and where its helper was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from live.ipc.config import PortOptions
from live.ipc.shared import SHARED
from tests.daemon_tools import ROOT, RunningDaemon, free_port, running_daemon
from tests.system_tools import ForeignClient, wait_for

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="jack")


def _interrupt(daemon: RunningDaemon, times: int, gap: float) -> int:
    """Send Ctrl-C so many times, as far as it lives; return its exit status."""
    for _ in range(times):
        if daemon.process.poll() is not None:
            break
        daemon.process.send_signal(signal.SIGINT)
        time.sleep(gap)
    return daemon.process.wait(10)


@pytest.mark.parametrize(("times", "gap"), [(3, 0.02), (3, 0.1), (1000, 0.01)])
def test_who_is_impatient_gets_the_take_and_no_note_stays(
    artifact: Path, tmp_path: Path, foreign: ForeignClient, times: int, gap: float
) -> None:
    options = ["--record", "--set", "density=4"]
    with running_daemon(artifact, tmp_path, JACK, options) as daemon:
        foreign.connect("extempo")
        daemon.notes(3)
        wait_for(lambda: any(kind == "on" for kind, _ in foreign.notes()), 10, "a note")
        assert _interrupt(daemon, times, gap) == 0
        daemon.wait_until_nothing_runs()
        assert daemon.complained == ""
        assert "The take is takes/" in daemon.printed
        assert len(list(daemon.takes.glob("*.mid"))) == 1
        sounds: set[int] = set()
        time.sleep(0.1)
        for kind, pitch in foreign.notes():
            (sounds.add if kind == "on" else sounds.discard)(pitch)
        assert not sounds


@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)], ids=["output", "all"])
def test_what_is_closed_where_it_starts_leads_nowhere(
    artifact: Path, tmp_path: Path, closed: tuple[int, ...]
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    command = [sys.executable, "-m", "live.cli", "play", str(artifact), "--out", "null"]
    command += ["--in", "null", "--record", "--osc-port", str(free_port())]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stderr=errors,
            preexec_fn=close,
            start_new_session=True,
        )
    try:
        journal = wait_for(lambda: list(tmp_path.glob("takes/*.jsonl")), 30, "a journal")[0]
        wait_for(lambda: journal.read_text().count('"Commit"') > 3, 20, "notes")
        for place in _session(process.pid):
            for number in closed:
                assert os.readlink(place / f"fd/{number}") == os.devnull, place
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert (tmp_path / "errors").read_text() == ""
        assert list(tmp_path.glob("takes/*.mid"))
    finally:
        process.kill()
        process.wait()


def _session(leader: int) -> list[Path]:
    """Return where /proc shows the processes of a session."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # multiprocessing's helper has no use for them.
        if int(fields[3]) == leader and "resource_tracker" not in (place / "cmdline").read_text():
            found.append(place)
    return found


def test_a_kill_of_the_helper_that_frees_memory_is_not_told(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1)
        ours = daemon.process.pid
        [helper] = [pid for name, pid in daemon.parts().items() if name.isdigit() and pid != ours]
        os.kill(helper, signal.SIGKILL)
        assert daemon.stop() == 0
        daemon.wait_until_nothing_runs()
        assert daemon.complained == ""
    assert not list(SHARED.glob(f"extempo-*-{ours}-*"))


def test_after_that_kill_an_engine_begins_again_and_nothing_else_is_told(
    artifact: Path, tmp_path: Path
) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1)
        ours = daemon.process.pid
        [helper] = [pid for name, pid in daemon.parts().items() if name.isdigit() and pid != ours]
        os.kill(helper, signal.SIGKILL)
        os.kill(daemon.part("engine"), signal.SIGKILL)
        daemon.osc.wait_for("/extempo/error")
        daemon.notes(1, 20)
        assert daemon.stop() == 0
        daemon.wait_until_nothing_runs()
        [told] = daemon.complained.splitlines()
        assert told.startswith("The engine process was killed")
    assert not list(SHARED.glob(f"extempo-*-{ours}-*"))


def test_the_next_start_frees_what_a_killed_run_has_left(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        ours = daemon.process.pid
        os.kill(daemon.part("engine"), signal.SIGKILL)
        os.kill(ours, signal.SIGKILL)
        daemon.wait_until_nothing_runs(25)
    assert list(SHARED.glob(f"extempo-run-{ours}-*"))
    with running_daemon(artifact, tmp_path):
        assert not list(SHARED.glob(f"extempo-*-{ours}-*"))
