"""Slots are there again when extempo is started again, and all of its memory when its engine was killed."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from live.cli.render import replay
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


def _beats(daemon: RunningDaemon) -> list[int]:
    """The beats that were told, numbered from the first of bar 1 on."""
    return [4 * (bar - 1) + beat for bar, beat, _ in daemon.osc.said("/extempo/beat")]


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _commits(lines: list[Any]) -> list[int]:
    done = [line["did"] for line in lines if "did" in line]
    return [did["number"] for did in done if did["type"] == "Commit"]


@pytest.mark.parametrize("memory", ["auto", "off"])
def test_an_engine_that_is_killed_goes_on_where_it_was(
    artifact: Path, tmp_path: Path, memory: str
) -> None:
    options = ["--tempo", "150", "--set", "density=4", "--memory", memory]
    with running_daemon(artifact, tmp_path, NOWHERE, options) as daemon:
        daemon.notes(3, 15)
        daemon.osc.ask("/extempo/voice/1/save", "verse", answer="/extempo/voice/1/saved")
        wait_for(lambda: _beats(daemon) and _beats(daemon)[-1] > 6, 15, "the second bar")
        os.kill(daemon.part("engine"), signal.SIGKILL)
        [[code, text]] = daemon.osc.wait_for("/extempo/error")
        assert code == "engine"
        before = _beats(daemon)
        wait_for(lambda: len(_beats(daemon)) > len(before) + 3, 20, "more beats")
        daemon.notes(2, 15)
        after = _beats(daemon)[len(before) :]
        if memory == "off":
            assert "at bar 1" in text
            assert after[0] == 1
            return
        assert "where it was" in text
        assert after[0] > before[-1]
        assert daemon.osc.ask(
            "/extempo/voice/1/recall", "verse", answer="/extempo/voice/1/recalled"
        ) == ["verse"]
        daemon.notes(1, 15)
        assert daemon.stop() == 0
        journals = sorted(daemon.takes.glob("*.jsonl"), key=lambda path: len(path.name))
        first, second = (_lines(path) for path in journals)
        assert _commits(second)[0] == _commits(first)[-1] + 1
        # The beats fall where they would have.
        was = next(line for line in first if "tempo" in line)
        now = next(line for line in second if "jump" in line)
        assert now["beat"] == pytest.approx(was["beat"] + (now["at"] - was["at"]) * 150 / 60)
        for path in journals:
            assert CliRunner().invoke(replay, [str(path)], catch_exceptions=False).exit_code == 0, (
                path
            )
