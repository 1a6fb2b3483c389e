"""The journal on disk: nothing that was written is lost, and a full disk stops nothing."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from live.ipc.news import Hole
from live.record import journal
from live.record.journal import Header, JournalWriter

HEADER = journal.header(datetime(2026, 1, 1, 20))


def _read(path: Path) -> tuple[Header, list[str]]:
    first, *lines = path.read_text().split("\n")[:-1]
    return msgspec.json.decode(first, type=Header), lines


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_are_on_disk_as_soon_as_they_are_flushed(tmp_path: Path) -> None:
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, pytest.fail)
    book.add('{"op": 1}')
    book.add('{"op": 2}')
    book.flush()
    assert _read(book.path) == (HEADER, ['{"op": 1}', '{"op": 2}'])
    assert book.close()


def test_a_folder_that_takes_nothing_is_said_once_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file where the folder should be")
    said: list[str] = []
    clock = Clock()
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, said.append, clock)
    for number in range(100):
        clock.now += 0.1
        book.add(f'{{"op": {number}}}')
        book.flush()
    assert len(said) == 1
    assert "the music goes on" in said[0]

    (tmp_path / "takes").unlink()
    clock.now += 5
    book.flush()
    assert len(said) == 2
    assert "nothing is missing" in said[1]
    assert len(_read(book.path)[1]) == 100


def test_memory_holds_the_last_ten_minutes_only(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("")
    said: list[str] = []
    clock = Clock()
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, said.append, clock)
    for second in range(1200):
        clock.now = second
        book.add(str(second))
        book.flush()
    (tmp_path / "takes").unlink()
    assert not book.close()
    header, lines = _read(book.path)
    assert header == HEADER
    assert lines[0] == str(Hole(599))
    assert lines[1] == str(1199 - journal.KEPT_SECONDS).removesuffix(".0")
    assert lines[-1] == "1199"
    assert "599 lines before are lost" in said[-1]


LIMITED = """
import resource, sys
from pathlib import Path
from live.record.journal import JournalWriter
from tests.record.test_journal import HEADER
said = []
now = 0.0
book = JournalWriter(Path(sys.argv[1]), HEADER, said.append, lambda: now)
size = book.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 25, resource.RLIM_INFINITY))
for number in range(10):
    book.add(f'{{"op": {number}}}')
    book.flush()
assert len(said) == 1, said
assert book.path.stat().st_size == size + 25
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
now = 60.0
assert book.close()
"""


def test_a_full_disk_in_the_middle_of_a_line_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    subprocess.run([sys.executable, "-c", LIMITED, path], check=True, cwd=Path.cwd())
    assert _read(path)[1] == [f'{{"op": {number}}}' for number in range(10)]


def test_a_really_full_filesystem(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small filesystem needs root")
    try:
        said: list[str] = []
        clock = Clock()
        book = JournalWriter(folder / "a.jsonl", HEADER, said.append, clock)
        book.add("first")
        book.flush()
        (folder / "ballast").write_bytes(b"0" * os.statvfs(folder).f_bavail * 4096)
        for number in range(2000):
            book.add(f"line {number}")
            book.flush()
        assert len(said) == 1
        assert "No space left" in said[0]
        assert _read(book.path)[1][0] == "first"
        (folder / "ballast").unlink()
        clock.now = 10.0
        book.flush()
        assert _read(book.path)[1] == [
            "first",
            *(f"line {number}" for number in range(2000)),
        ]
        assert book.close()
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_name_that_no_disk_takes_stops_nothing(tmp_path: Path) -> None:
    path = journal.take_path(tmp_path / ("a" * 300), datetime(2026, 1, 1, 20))
    said: list[str] = []
    book = JournalWriter(path, HEADER, said.append)
    book.add("{}")
    assert not book.close()
    [text] = said
    assert "the music goes on" in text


def test_who_begins_in_the_same_second_gets_another_name(tmp_path: Path) -> None:
    begun = datetime(2026, 1, 1, 20)
    assert len({journal.take_path(tmp_path, begun) for _ in range(3)}) == 3


def test_names_carry_the_time_and_never_overwrite(tmp_path: Path) -> None:
    begun = datetime(2026, 3, 1, 20, 15, 0)
    first = journal.take_path(tmp_path, begun)
    assert first.name == "2026-03-01-201500.jsonl"
    second = journal.take_path(tmp_path, begun)
    assert second.name == "2026-03-01-201500-2.jsonl"
    third = journal.take_path(tmp_path, begun, [second])
    assert third.name == "2026-03-01-201500-3.jsonl"
    (tmp_path / "2026-03-01-201500-4.jsonl").symlink_to("nowhere")
    assert journal.take_path(tmp_path, begun).name == "2026-03-01-201500-5.jsonl"


def test_a_file_that_was_taken_away_is_written_again_from_its_beginning(tmp_path: Path) -> None:
    told: list[str] = []
    clock = Clock()
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, told.append, clock)
    book.add("one")
    book.flush()
    book.path.unlink()
    book.path.parent.rmdir()
    clock.now += journal.SYNC_SECONDS
    book.add("two")
    book.flush()
    assert _read(book.path) == (HEADER, ["one", "two"])
    assert told == [f"{book.path} was taken away, and is written there again from its beginning."]
    assert book.close()


def test_what_is_taken_away_before_the_end_is_there_at_the_end(tmp_path: Path) -> None:
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, lambda _: None)
    book.add("one")
    book.flush()
    (tmp_path / "takes").rename(tmp_path / "elsewhere")
    assert book.close()
    assert _read(book.path) == (HEADER, ["one"])


def test_a_file_that_was_replaced_is_left_alone_and_the_take_goes_on_beside_it(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    clock = Clock()
    book = JournalWriter(tmp_path / "a.jsonl", HEADER, told.append, clock)
    book.add("one")
    book.flush()
    # As sed -i does, and many an editor.
    (tmp_path / "edited").write_text("edited")
    (tmp_path / "edited").replace(tmp_path / "a.jsonl")
    (tmp_path / "a-2.jsonl").write_text("another")
    clock.now += journal.SYNC_SECONDS
    book.add("two")
    book.flush()
    assert book.path == tmp_path / "a-3.jsonl"
    assert told == [
        f"{tmp_path / 'a.jsonl'} is another file now: the take goes on in {book.path}, written from "
        f"its beginning."
    ]
    book.add("three")
    assert book.close()
    assert _read(book.path) == (HEADER, ["one", "two", "three"])
    assert (tmp_path / "a.jsonl").read_text() == "edited"
    assert (tmp_path / "a-2.jsonl").read_text() == "another"


def test_a_disk_that_refuses_to_close_a_file_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = JournalWriter(tmp_path / "a.jsonl", HEADER, pytest.fail)
    book.add("one")
    book.flush()
    real = os.close

    def over_quota(descriptor: int) -> None:
        real(descriptor)
        raise OSError(122, "Disk quota exceeded")

    with monkeypatch.context() as context:
        context.setattr("live.record.journal.os.close", over_quota)
        assert not book.close()
    assert not book.close()


def test_a_folder_that_cannot_be_made_again_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    told: list[str] = []
    clock = Clock()
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, told.append, clock)
    book.add("one")
    book.flush()
    (tmp_path / "takes").rename(tmp_path / "elsewhere")
    (tmp_path / "takes").write_text("a file in the way")
    clock.now += journal.SYNC_SECONDS
    book.add("two")
    book.flush()
    assert "cannot be written" in told[0]
    (tmp_path / "takes").unlink()
    clock.now += journal.RETRY_SECONDS
    book.flush()
    assert _read(book.path) == (HEADER, ["one", "two"])
    assert book.close()


def test_a_disk_that_says_at_the_end_that_it_has_no_room_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = JournalWriter(tmp_path / "a.jsonl", HEADER, pytest.fail)
    book.add("one")
    book.flush()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    book._trouble = lambda _: None
    monkeypatch.setattr("live.record.journal.os.fsync", full)
    assert not book.close()


def test_what_was_taken_away_at_the_very_end_is_not_whole(tmp_path: Path) -> None:
    told: list[str] = []
    book = JournalWriter(tmp_path / "takes" / "a.jsonl", HEADER, told.append)
    book.add('{"op": 1}')
    book.flush()
    book.path.unlink()
    book.path.parent.rmdir()
    book.path.parent.touch()
    assert not book.close()
    assert f"let {book.path.parent} be a folder" in told[0]
