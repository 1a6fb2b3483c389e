"""What was read is kept in shards: read once, by several at once, gone on with after a kill, on any disk."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from models.contract.errors import ExtempoError
from models.contract.representations.performance import PERFORMANCE
from models.corpus import opened, shards, sources, store
from models.corpus.encoders.table import encoder_of
from models.corpus.pieces import Piece
from models.corpus.readers.midi import MidiReader, read_midi
from models.corpus.readers.reader import Held, LackingError
from models.corpus.splits import Split
from models.corpus.store import Store
from models.corpus.windows import Weighed, training_batch
from tests.models.scores import random_score

ROOT = Path(__file__).parents[2]
ALL: tuple[Split, ...] = ("train", "valid", "test")
HELPER = [sys.executable, "-m", "models.corpus.helping"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "mine"
    for seed in range(24):
        random_score(folder / f"{seed:02}.mid", seed, beats=8)
    return folder


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed."""
    names: list[str] = []
    real = MidiReader.read

    def read(self: MidiReader, path: Path) -> Held:
        names.append(path.name)
        return real(self, path)

    monkeypatch.setattr(MidiReader, "read", read)
    return names


@contextmanager
def full(path: Path) -> Iterator[Path]:
    """What writes to a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    yield path


def copied(folder: Path, into: Path) -> list[Path]:
    into.mkdir()
    for path in folder.iterdir():
        (into / path.name).write_bytes(path.read_bytes())
    return sorted(into.iterdir())


def notes(place: Path, paths: list[Path]) -> list[object]:
    rows = Store(place).read(paths)
    return [row.entry.why or row.held().pieces[0].line().tolist() for row in rows]


def test_a_file_is_parsed_once_again_when_it_changes_and_not_when_it_is_renamed(
    folder: Path, tmp_path: Path, parsed: list[str]
) -> None:
    paths = copied(folder, tmp_path / "mine")
    first = notes(tmp_path / "kept", paths)
    assert first == [read_midi(path).line().tolist() for path in paths]
    assert len(parsed) == 24
    assert notes(tmp_path / "kept", paths) == first
    paths[0].rename(tmp_path / "mine" / "renamed.mid")
    assert notes(tmp_path / "kept", [tmp_path / "mine" / "renamed.mid"]) == first[:1]
    assert len(parsed) == 24
    paths[1].write_bytes(paths[2].read_bytes()[:-8] + b"\0\xff\x2f\0")
    notes(tmp_path / "kept", paths[1:])
    assert parsed[24:] == ["01.mid"]


def test_what_cannot_be_read_is_not_tried_again_until_it_changes(
    tmp_path: Path, folder: Path, parsed: list[str]
) -> None:
    bad = tmp_path / "bad.mid"
    bad.write_text("not music")
    said = notes(tmp_path / "kept", [bad, tmp_path / "gone.mid"])
    assert said == notes(tmp_path / "kept", [bad, tmp_path / "gone.mid"])
    assert parsed == ["bad.mid"]
    assert str(said[1]).startswith("There is no file")
    for name in ("bad.mid", "gone.mid"):
        (tmp_path / name).write_bytes((folder / "00.mid").read_bytes())
    assert all(
        isinstance(one, list) for one in notes(tmp_path / "kept", [bad, tmp_path / "gone.mid"])
    )


def test_a_reading_that_is_killed_goes_on_where_it_was(
    folder: Path, tmp_path: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FILES", 4)
    paths = sorted(folder.iterdir())
    killed = Store(tmp_path / "kept")
    for path in paths[:10]:
        killed.add(path)
    del killed
    parsed.clear()
    assert len(notes(tmp_path / "kept", paths)) == 24
    assert parsed == [path.name for path in paths[8:]]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:100], lambda data: data[:-4] + b"else", lambda _: b""]
)
def test_a_damaged_shard_is_made_again(folder: Path, tmp_path: Path, spoil: object) -> None:
    paths = sorted(folder.iterdir())
    first = notes(tmp_path / "kept", paths)
    (shard,) = (tmp_path / "kept").iterdir()
    shard.write_bytes(spoil(shard.read_bytes()))  # type: ignore[operator]
    assert notes(tmp_path / "kept", paths) == first
    assert [
        one.name != shard.name for one in (tmp_path / "kept").iterdir() if one.stat().st_size > 1000
    ]


def test_an_entry_that_is_damaged_is_read_again(
    folder: Path, tmp_path: Path, parsed: list[str]
) -> None:
    paths = sorted(folder.iterdir())
    first = notes(tmp_path / "kept", paths)
    (shard,) = (tmp_path / "kept").iterdir()
    data = bytearray(shard.read_bytes())
    found = shards.opened(shard)
    assert found is not None
    for number, (place, byte) in enumerate(((0, 255), (20, 255), (-9, 1))):
        entry = found.entries[3 * number]
        data[entry.place + (place if place >= 0 else entry.size + place)] ^= byte
    shard.write_bytes(data)
    parsed.clear()
    assert notes(tmp_path / "kept", paths) == first
    assert parsed == ["00.mid", "03.mid", "06.mid"]
    assert notes(tmp_path / "kept", paths) == first
    assert len(parsed) == 3


def test_names_that_are_no_text_keep_no_folder_from_being_read(
    folder: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    copied(folder, mine)
    for name in (b"\xff\xfe.mid", b"a\n\x1b[31m.mid"):
        Path(os.fsdecode(os.path.join(os.fsencode(mine), name))).write_bytes(
            (mine / "00.mid").read_bytes()
        )
    for _ in range(2):
        found = sources.whole(mine, tmp_path / "kept", ("midi",))
        names = [piece.name for piece in found.pieces]
        assert len(names) == 26
        assert all(name.isprintable() for name in names)


def test_on_a_full_disk_everything_is_read_and_it_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shards, "whole", full)
    found = sources.read(folder, ALL, tmp_path / "kept")
    assert sum(len(of) for of in found.values()) == 24
    assert all(len(piece.line()) for of in found.values() for piece in of)
    (said,) = caplog.messages
    assert "takes nothing more (No space left on device): what is read stays in memory" in said


def test_two_that_read_one_folder_at_once_keep_it_both_and_others_find_all(
    folder: Path, tmp_path: Path, parsed: list[str]
) -> None:
    paths = sorted(folder.iterdir())
    both = [
        subprocess.Popen([*HELPER, tmp_path], stdin=subprocess.PIPE, cwd=ROOT) for _ in range(2)
    ]
    for one in both:
        one.communicate(b"\0".join(map(os.fsencode, paths)), timeout=100)
        assert one.returncode == 0
    assert len(notes(tmp_path, paths)) == 24
    assert parsed == []


def test_shards_of_few_files_are_put_together_without_what_no_longer_counts(
    folder: Path, tmp_path: Path, parsed: list[str]
) -> None:
    paths = copied(folder, tmp_path / "mine")
    for path in paths:
        Store(tmp_path / "kept").read([path])
    paths[0].write_bytes(paths[1].read_bytes())
    first = notes(tmp_path / "kept", paths)
    count = len(parsed)
    assert len(list((tmp_path / "kept").iterdir())) < store.SMALL
    assert notes(tmp_path / "kept", paths) == first
    assert len(parsed) == count


def test_large_shards_are_left_alone_however_few_files_they_hold(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BYTES", 1)
    paths = sorted(folder.iterdir())
    first = notes(tmp_path / "kept", paths)
    before = set((tmp_path / "kept").iterdir())
    assert len(before) == len(paths) > store.SMALL
    assert notes(tmp_path / "kept", paths) == first
    assert set((tmp_path / "kept").iterdir()) == before


def test_shards_stay_where_a_full_disk_takes_no_other_in_their_place(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    paths = sorted(folder.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(store, "SMALL", 100)
        for path in paths:
            Store(tmp_path / "kept").read([path])
        patched.setattr(store, "SMALL", 2)
        patched.setattr(shards, "whole", full)
        first = notes(tmp_path / "kept", paths)
    count = len(parsed)
    assert notes(tmp_path / "kept", paths) == first
    assert len(parsed) == count == len(paths)


def test_a_file_that_could_not_be_read_for_now_is_read_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(self: MidiReader, path: Path) -> Held:
        raise LackingError(f"{path} takes something that is not installed.")

    path = folder / "00.mid"
    with monkeypatch.context() as patched:
        patched.setattr(MidiReader, "read", lacks)
        (row,) = Store(tmp_path / "kept").read([path])
    assert "is not installed" in row.entry.why
    (row,) = Store(tmp_path / "kept").read([path])
    assert not row.entry.why


def test_windows_are_the_same_as_of_pieces_in_memory_and_little_room_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = sources.read(folder, ("train",), tmp_path / "kept")["train"]
    within: list[Piece] = [read_midi(folder / piece.name) for piece in kept]
    assert len(kept) > 10
    writes = encoder_of(PERFORMANCE)
    mapped, held = (Weighed.of(writes, {"mine": (1.0, of)}) for of in (kept, within))
    monkeypatch.setattr(opened, "_OPENED", opened._Opened(1))
    for number in range(3):
        one, other = (training_batch(of, 8, 32, 1, number) for of in (mapped, held))
        assert np.array_equal(one.codes, other.codes)
        assert np.array_equal(one.conditions, other.conditions)
        assert np.array_equal(one.scored, other.scored)


def test_a_damaged_entry_is_told_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    (row,) = Store(tmp_path / "kept").read([folder / "00.mid"])
    shard = shards.Shard(row.shard.place, [row.entry._replace(place=16)], b"\xff" * 64)
    told = "is damaged: remove that file, and it is read again"
    with pytest.raises(ExtempoError, match=told):
        opened.Pieces([store.Row(shard, 0)])[0]
    with pytest.raises(ExtempoError, match=told):
        store.Row(shard, 0).opened()
