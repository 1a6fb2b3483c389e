"""Two runs on one JACK server: each keeps its name, whatever is killed."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from live.config import PortOptions
from tests.daemon_tools import running_daemon
from tests.system_tools import ForeignClient, wait_for

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="jack")
BOTH = {f"{name}:{port}" for name in ("extempo", "extempo-2") for port in ("in", "out")}


def _ports() -> set[str]:
    listed = subprocess.run(["jack_lsp", "extempo"], capture_output=True, text=True, check=False)
    return set(listed.stdout.split())


def test_each_of_two_runs_keeps_its_name_when_its_ports_are_killed(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with (
        running_daemon(artifact, folders[0], JACK) as first,
        running_daemon(artifact, folders[1], JACK) as second,
    ):
        assert "JACK port extempo:out" in first.printed
        assert "JACK port extempo-2:out" in second.printed
        for daemon in (second, first):
            assert _ports() == BOTH
            killed = daemon.part("ports")
            os.kill(killed, signal.SIGKILL)
            wait_for(
                lambda daemon=daemon, killed=killed: daemon.part("ports") != killed,
                15,
                "other ports",
            )
            daemon.notes(1, 15)
            wait_for(lambda: _ports() == BOTH, 15, "the same names")
        assert "On JACK this one is extempo-2" in second.complained
        assert "On JACK" not in first.complained
