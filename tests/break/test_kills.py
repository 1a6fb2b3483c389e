"""SIGKILL at any moment while pitches are struck again: in the end nothing sounds and nothing is left behind."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from live.ipc.config import PortOptions
from live.ipc.shared import SHARED
from tests.daemon_tools import RunningDaemon, running_daemon
from tests.system_tools import ForeignClient, wait_for
from tests.tiny import tiny_artifact

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="null", connect=("foreign",))
DENSE = ["--set", "density=4", "--set", "low=60", "--set", "high=63", "--tempo", "160"]
"""Few pitches and many notes: most end because they are struck again."""
PLANS = {
    "ports": ("ports",),
    "all": ("control", "engine", "ports"),
    "engine and ports": ("engine", "ports"),
    "ports and control": ("ports", "control"),
}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_artifact(tmp_path_factory.mktemp("artifact") / "tiny.onnx")


def _sounding(foreign: ForeignClient) -> set[int]:
    found: set[int] = set()
    for kind, pitch in foreign.notes():
        (found.add if kind == "on" else found.discard)(pitch)
    return found


def _kill(daemon: RunningDaemon, plan: tuple[str, ...]) -> None:
    pids = {"control": daemon.process.pid}
    pids |= {name: daemon.part(name) for name in plan if name != "control"}
    for name in plan:
        os.kill(pids[name], signal.SIGKILL)


@pytest.mark.parametrize(("plan", "seed"), [(plan, seed) for seed, plan in enumerate(PLANS, 1)])
def test_no_kill_leaves_a_note(
    artifact: Path, tmp_path: Path, foreign: ForeignClient, plan: str, seed: int
) -> None:
    chance = random.Random(seed)
    with running_daemon(artifact, tmp_path, JACK, [*DENSE, "--seed", str(seed)]) as daemon:
        killed = daemon.process.pid
        wait_for(lambda: len(foreign.notes()) > 20, 15, "notes")
        time.sleep(chance.uniform(0, 0.5))
        _kill(daemon, PLANS[plan])
        if "control" in PLANS[plan]:
            daemon.wait_until_nothing_runs(25)
        else:
            daemon.osc.wait_for("/extempo/error")
            heard = len(foreign.notes())
            wait_for(lambda: len(foreign.notes()) > heard + 5, 15, "more notes")
            assert daemon.stop() == 0
    if "control" in PLANS[plan]:
        with running_daemon(artifact, tmp_path, JACK, ["--set", "mute=1"]) as daemon:
            wait_for(lambda: not _sounding(foreign), 10, "silence")
            assert daemon.stop() == 0
    wait_for(lambda: not _sounding(foreign), 5, "silence")
    assert not list(SHARED.glob(f"extempo-r*-{killed}-*"))
