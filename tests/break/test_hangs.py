"""SIGSTOP of any process, or of all: who hangs is found out though nobody sends anything, who slept is not."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from live.ipc.config import PortOptions
from tests.daemon_tools import RunningDaemon, running_daemon
from tests.system_tools import ForeignClient, signal_server, wait_for
from tests.tiny import tiny_artifact

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_artifact(tmp_path_factory.mktemp("artifact") / "tiny.onnx")


def _stop(daemon: RunningDaemon, number: int) -> None:
    """Send a signal to all three processes."""
    for pid in (daemon.process.pid, daemon.part("engine"), daemon.part("ports")):
        os.kill(pid, number)


@pytest.mark.parametrize("name", ["engine", "ports"])
def test_a_process_that_stands_still_is_told_of_and_started_again(
    artifact: Path, tmp_path: Path, name: str
) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1, 15)
        stopped = daemon.part(name)
        os.kill(stopped, signal.SIGSTOP)
        # After 4.5 seconds; a machine that is busy looks less often.
        [[code, text]] = daemon.osc.wait_for("/extempo/error", seconds=30)
        assert code == name
        assert text.startswith(f"The {name} process hung and was ended: ")
        assert daemon.part(name) != stopped
        daemon.notes(2, 15)
        assert daemon.stop() == 0


def test_a_machine_that_slept_goes_on_as_it_was(
    artifact: Path, tmp_path: Path, jack_server: str
) -> None:
    with running_daemon(artifact, tmp_path, PortOptions(out="jack", listen="jack")) as daemon:
        daemon.notes(1, 15)
        before = daemon.part("engine"), daemon.part("ports")
        signal_server(jack_server, signal.SIGSTOP)
        _stop(daemon, signal.SIGSTOP)
        time.sleep(8)
        _stop(daemon, signal.SIGCONT)
        signal_server(jack_server, signal.SIGCONT)
        daemon.notes(3, 15)
        time.sleep(1.5)
        assert (daemon.part("engine"), daemon.part("ports")) == before
        assert not daemon.osc.said("/extempo/error")
        assert daemon.stop() == 0
        assert daemon.complained == ""


def test_a_jack_server_that_hangs_while_it_connects_us_takes_nobody_along(
    artifact: Path, tmp_path: Path, jack_server: str
) -> None:
    ports = PortOptions(out="jack", listen="null", connect=("late",))
    with running_daemon(artifact, tmp_path, ports) as daemon:
        daemon.notes(1, 15)
        before = daemon.part("engine"), daemon.part("ports")
        late = ForeignClient("late")
        signal_server(jack_server, signal.SIGSTOP)
        try:
            daemon.notes(3, 15)
            # By now who hangs would have been found out.
            time.sleep(7)
            daemon.notes(3, 15)
            assert (daemon.part("engine"), daemon.part("ports")) == before
            said = [text for _, text in daemon.osc.said("/extempo/error")]
            assert any(text.startswith("JACK has stopped") for text in said)
        finally:
            signal_server(jack_server, signal.SIGCONT)
        wait_for(lambda: late.notes(), 20, "notes on JACK again")
        assert daemon.stop() == 0
        sounding = Counter[int]()
        for kind, pitch in late.notes():
            sounding[pitch] = kind == "on"
        assert not +sounding
        late.close()


def test_a_daemon_that_stands_still_is_told_of_by_the_ports(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1, 15)
        before = daemon.part("engine"), daemon.part("ports")
        os.kill(daemon.process.pid, signal.SIGSTOP)
        wait_for(
            lambda: "The daemon has not answered for 4 seconds." in daemon.complained,
            10,
            "the sentence",
        )
        os.kill(daemon.process.pid, signal.SIGCONT)
        wait_for(lambda: "The daemon answers again." in daemon.complained, 10, "the next one")
        daemon.notes(1, 15)
        assert (daemon.part("engine"), daemon.part("ports")) == before
        assert daemon.stop() == 0
