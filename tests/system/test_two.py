"""Several runs on one JACK server: each keeps its name, whatever is killed."""

import os
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from live.ipc.config import PortOptions
from tests.daemon_tools import running_daemon
from tests.system_tools import ForeignClient, jack_server, wait_for

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="jack")
BOTH = {f"{name}:{port}" for name in ("extempo", "extempo-2") for port in ("in", "out")}


def _ports() -> set[str]:
    listed = subprocess.run(["jack_lsp", "extempo"], capture_output=True, text=True, check=False)
    return set(listed.stdout.split())


def _shared(folder: Path) -> dict[str, str]:
    """Return the environment of runs of one user."""
    return {"XDG_STATE_HOME": str(folder / "state")}


def _folders(parent: Path, *names: str) -> list[Path]:
    for name in names:
        (parent / name).mkdir()
    return [parent / name for name in names]


def test_each_of_two_users_runs_keeps_its_name_when_its_ports_are_killed(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    folders = _folders(tmp_path, "first", "second")
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


def test_a_third_run_does_not_take_the_name_of_one_whose_ports_are_dead(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    first, second = _folders(tmp_path, "first", "second")
    with running_daemon(artifact, first, JACK, environment=_shared(tmp_path)) as one:
        killed = one.part("ports")
        os.kill(killed, signal.SIGKILL)
        with running_daemon(artifact, second, JACK, environment=_shared(tmp_path)) as other:
            assert "JACK port extempo-2:out" in other.printed
            one.notes(1, 15)
            wait_for(lambda: _ports() == BOTH, 15, "both names")
            assert "On JACK" not in one.complained + other.complained


def test_two_runs_have_midi_ports_of_their_own(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    first, second = _folders(tmp_path, "first", "second")
    midi = PortOptions(out="midi", listen="midi")
    with (
        running_daemon(artifact, first, midi, environment=_shared(tmp_path)) as one,
        running_daemon(artifact, second, midi, environment=_shared(tmp_path)) as other,
    ):
        for daemon, name in ((one, "extempo"), (other, "extempo-2")):
            # JACK's, where the system has no MIDI besides.
            for way in ("in", "out"):
                assert re.search(
                    rf"MIDI port '{name} {way}'|JACK port {name}:{way}", daemon.printed
                )
            daemon.notes(1)


def test_a_run_that_plays_nowhere_has_no_port(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    with running_daemon(artifact, tmp_path, PortOptions(out="null")) as daemon:
        daemon.notes(1)
        assert not _ports()


def test_both_come_back_to_a_server_under_their_names(artifact: Path, tmp_path: Path) -> None:
    first, second = _folders(tmp_path, "first", "second")
    with ExitStack() as runs:
        with jack_server() as server:
            one, other = (
                runs.enter_context(
                    running_daemon(artifact, folder, JACK, environment=_shared(tmp_path))
                )
                for folder in (first, second)
            )
        for daemon in (one, other):
            wait_for(lambda daemon=daemon: "JACK has stopped" in daemon.complained, 15)
        with jack_server(server):
            wait_for(lambda: _ports() == BOTH, 20, "both names")
            for daemon in (one, other):
                daemon.notes(1, 15)
