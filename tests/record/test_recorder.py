"""What is kept of a run, and that a slow disk holds nobody up."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from live.daemon.daemon import Daemon
from live.engine.notes.operations import Tempo
from live.ipc.news import Hole, Trouble
from live.record import journal
from live.record.recorder import Recorder
from live.record.replay import Journal
from tests.system_tools import wait_for

BEGUN = datetime(2026, 3, 1, 20, 15)


def _without_waiting(work: Callable[[], object]) -> None:
    """Do what must not wait: where it does, it waits for ever."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


@contextmanager
def _hanging(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Have the disk hang; what it gives is set once somebody waits for it."""
    waited_for, opened = threading.Event(), threading.Event()
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if threading.current_thread() is recorder._writer:
            waited_for.set()
            opened.wait()
        return real(descriptor, data)

    monkeypatch.setattr("live.record.journal.os.write", write)
    try:
        yield waited_for
    finally:
        opened.set()


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
    recorder.begin_again()
    recorder.entry("two")
    said = recorder.close(take=False)
    second = first.with_stem(f"{first.stem}-2")
    assert first.name == "2026-03-01-201500.jsonl"
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


def test_an_engine_that_died_as_it_started_leaves_nothing_to_tell_of(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    first = recorder.begin()
    recorder.entry("one")
    recorder.begin_again()
    recorder.entry(msgspec.json.encode(Tempo(0.0, 1.0, 120.0)).decode())
    [said] = recorder.close(take=False)
    assert first.name in said
    assert recorder.whole


def test_a_run_without_a_note_leaves_its_journal_and_no_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.record.replay.read", lambda _: Journal((), ()))
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    path = recorder.begin()
    recorder.entry("a line")
    (said,) = recorder.close(take=True)
    assert path.name in said
    assert not list(tmp_path.glob("*.mid"))


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.record.recorder._PATIENCE", 0.2)
    # Opening a pipe that nobody reads waits for ever, like a network disk that is gone.
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("live.record.journal.take_path", lambda *_: tmp_path / "pipe")
    told: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    recorder.begin()

    def play() -> None:
        for number in range(10000):
            recorder.entry(f"line {number}")
        recorder.begin_again()
        recorder.close(take=False)

    _without_waiting(play)
    assert "hangs" in told[0]
    assert not recorder.whole
    os.close(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK))


def test_lines_that_wait_too_long_for_a_disk_leave_a_line_in_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, opened = threading.Event(), threading.Event()

    class Slow(journal.JournalWriter):
        def flush(self) -> None:
            hangs.set()
            assert opened.wait(10)
            super().flush()

    monkeypatch.setattr("live.record.recorder._WAITING", 10)
    monkeypatch.setattr("live.record.recorder.JournalWriter", Slow)
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
    assert path.read_text().splitlines()[1:] == [*lines[:10], str(Hole(990)), "goes on"]


def test_a_disk_that_hangs_with_no_room_left_for_lines_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.record.recorder._PATIENCE", 0.2)
    monkeypatch.setattr("live.record.recorder._WAITING", 10)
    told: list[str] = []
    said: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    path = recorder.begin()
    wait_for(lambda: path.read_text().count("\n") == 1, 30, "the header")

    def play() -> None:
        for number in range(100):
            recorder.entry(f"line {number}")
        recorder.begin_again()
        recorder.entry("the next engine's")
        said.extend(recorder.close(take=True))

    with _hanging(recorder, monkeypatch) as waited_for:
        recorder.entry("early")
        assert waited_for.wait(10)
        _without_waiting(play)
        assert told == [f"The disk of {tmp_path} hangs: the end of the take is lost."]
        assert len(said) == 1
        assert path.name in said[0]
        assert not recorder.whole


def test_what_finds_no_room_is_told_in_the_journal_that_it_belongs_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.record.recorder._WAITING", 10)
    recorder = Recorder(tmp_path, BEGUN, pytest.fail)
    path = recorder.begin()
    wait_for(lambda: path.read_text().count("\n") == 1, 30, "the header")
    with _hanging(recorder, monkeypatch) as waited_for:
        recorder.entry("early")
        assert waited_for.wait(10)
        for number in range(100):
            recorder.entry(f"line {number}")
        recorder.begin_again()
    second = path.with_stem(f"{path.stem}-2")
    wait_for(second.exists, 30, "the next journal")
    recorder.entry("the next engine's")
    recorder.close(take=False)
    lines = [f"line {number}" for number in range(10)]
    assert path.read_text().splitlines()[1:] == ["early", *lines, str(Hole(90))]
    assert second.read_text().splitlines()[1:] == ["the next engine's"]


def test_a_failure_of_the_recorder_loses_one_line_at_most_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    path = recorder.begin()
    for number in range(100):
        # A line that cannot be written as UTF-8.
        recorder.entry("\udcff" if number == 3 else f"line {number}")
    wait_for(lambda: len(path.read_text().splitlines()) == 101, 30, "what came after it")
    recorder.close(take=False)
    assert not recorder.whole
    assert len(told) == 1
    assert "The recorder failed (UnicodeEncodeError" in told[0]
    lines = [f"line {number}" for number in range(100)]
    assert path.read_text().splitlines()[1:] == [*lines[:3], str(Hole(1)), *lines[4:]]


def test_what_was_taken_as_the_recorder_failed_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    real, failures = journal.header, [MemoryError()]

    def header(begun: datetime) -> journal.Header:
        if failures:
            raise failures.pop()
        return real(begun)

    monkeypatch.setattr("live.record.journal.header", header)
    recorder = Recorder(tmp_path, BEGUN, told.append)
    path = recorder.begin()
    recorder.entry("one")
    wait_for(lambda: "one" in path.read_text(), 30, "the line")
    recorder.close(take=False)
    assert [recorder.whole, len(told)] == [True, 1]
    assert path.read_text().splitlines()[1:] == ["one"]


def test_a_journal_that_was_replaced_is_told_of_under_its_new_name(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = Recorder(tmp_path, BEGUN, told.append)
    path = recorder.begin()
    recorder.entry("one")
    wait_for(lambda: "one" in path.read_text(), 30, "the line")
    (tmp_path / "edited").write_text("edited")
    (tmp_path / "edited").replace(path)
    (said,) = recorder.close(take=False)
    assert recorder.whole
    assert f"{path.stem}-2.jsonl" in said
    assert len(told) == 1


@pytest.mark.parametrize("code", ["journal", "file"])
def test_what_else_goes_wrong_does_not_make_a_run_whole_again(code: str) -> None:
    class Kept:
        """Its thread says whether the take is whole: nobody else may."""

        whole = property(lambda _: True)

    daemon: Any = Mock(_recorder=Kept(), _whole=True, _surfaces=())
    for said, whole in (("ports", True), (code, False), ("ports", False)):
        Daemon._take(daemon, Trouble(code=said, text="a sentence"))
        assert daemon._whole is whole
