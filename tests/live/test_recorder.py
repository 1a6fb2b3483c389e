"""What is kept of a run, and that a slow disk holds nobody up."""

import os
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from live import journal
from live.recorder import Recorder
from live.replay import Journal
from tests.system_tools import wait_for

BEGUN = datetime(2026, 3, 1, 20, 15)


def test_a_run_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "takes", BEGUN, pytest.fail)
    recorder.entry("a line")
    assert recorder.close(take=True) == []
    assert not (tmp_path / "takes").exists()


def test_every_engine_has_a_journal_of_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    recorder.entry("early")
    first = recorder.begin()
    recorder.entry("one")
    second = recorder.begin_again()
    recorder.entry("two")
    said = recorder.close(take=False)
    assert [path.name for path in (first, second)] == [
        "2026-03-01-201500.jsonl",
        "2026-03-01-201500-2.jsonl",
    ]
    assert recorder.whole
    assert first.read_text().splitlines()[1:] == ["early", "one"]
    assert second.read_text().splitlines()[1:] == ["two"]
    assert [first.name in said[0], second.name in said[1]] == [True, True]


def test_a_journal_that_is_no_performance_leaves_no_take_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    recorder.begin()
    recorder.entry("no performance")
    recorder.close(take=True)
    assert len(told) == 1
    assert not list(tmp_path.glob("*.mid"))


def test_a_run_without_a_note_leaves_its_journal_and_no_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.replay.read", lambda _: Journal((), ()))
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    path = recorder.begin()
    recorder.entry("a line")
    (said,) = recorder.close(take=True)
    assert path.name in said
    assert not list(tmp_path.glob("*.mid"))


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.recorder._PATIENCE", 0.2)
    # Opening a pipe that nobody reads waits for ever, like a network disk that is gone.
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("live.journal.take_path", lambda *_: tmp_path / "pipe")
    told: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    begun = time.monotonic()
    recorder.begin()
    for number in range(10000):
        recorder.entry(f"line {number}")
    assert time.monotonic() - begun < 1.0
    recorder.close(take=False)
    assert time.monotonic() - begun < 2.0
    assert "hangs" in told[0]
    assert not recorder.whole
    os.close(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK))


def test_lines_that_wait_too_long_for_a_disk_leave_a_line_in_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, opened = threading.Event(), threading.Event()

    class Slow(journal.Journal):
        def flush(self) -> None:
            hangs.set()
            assert opened.wait(10)
            super().flush()

    monkeypatch.setattr("live.recorder._WAITING", 10)
    monkeypatch.setattr("live.recorder.Journal", Slow)
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    path = recorder.begin()
    assert hangs.wait(10)
    lines = [f"line {number}" for number in range(1000)]
    for line in lines:
        recorder.entry(line)
    opened.set()
    wait_for(lambda: path.read_text().count("\n") == 11, what="the lines that had room")
    recorder.entry("goes on")
    recorder.close(take=False)
    assert not recorder.whole
    assert path.read_text().splitlines()[1:] == [*lines[:10], journal.hole(990), "goes on"]
