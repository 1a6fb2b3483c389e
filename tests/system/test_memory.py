"""Slots are there again when extempo is started again."""

from pathlib import Path

import pytest

from tests.daemon_tools import NOWHERE, RunningDaemon, running_daemon
from tests.system_tools import wait_for

pytestmark = pytest.mark.system


def _wait_for_slot(daemon: RunningDaemon, slot: str) -> None:
    text = f"slot {slot!r} of last time is there again"
    wait_for(lambda: text in daemon.printed, 10, text)


def test_slots_outlive_the_daemon(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(3, 15)
        daemon.osc.ask("/extempo/voice/1/save", "verse", answer="/extempo/voice/1/saved")
        assert daemon.stop() == 0
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1, 15)
        _wait_for_slot(daemon, "verse")
        assert daemon.osc.ask(
            "/extempo/voice/1/recall", "verse", answer="/extempo/voice/1/recalled"
        ) == ["verse"]
        daemon.notes(2, 15)
        assert daemon.stop() == 0
    with running_daemon(artifact, tmp_path, NOWHERE, ["--memory", "off"]) as daemon:
        daemon.osc.send("/extempo/voice/1/recall", "verse")
        [[code, text]] = daemon.osc.wait_for("/extempo/error")
        assert code == "slot"
        assert "nothing yet" in text
        assert daemon.stop() == 0


def test_two_that_play_at_once_keep_their_own(artifact: Path, tmp_path: Path) -> None:
    memory = ["--memory", str(tmp_path / "memory")]
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with (
        running_daemon(artifact, folders[0], NOWHERE, memory) as one,
        running_daemon(artifact, folders[1], NOWHERE, memory) as two,
    ):
        for daemon, slot in ((one, "a"), (two, "b")):
            daemon.osc.ask("/extempo/voice/1/save", slot, answer="/extempo/voice/1/saved")
        assert [daemon.stop() for daemon in (one, two)] == [0, 0]
    with running_daemon(artifact, folders[1], NOWHERE, memory) as daemon:
        _wait_for_slot(daemon, "a")
        assert daemon.stop() == 0
