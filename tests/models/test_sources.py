"""Corpora: known ones by their index, one's own by a hash; parsed once, skipped when broken."""

import logging
from pathlib import Path

import pytest

from models.contract.errors import ExtempoError
from models.corpus import sources
from models.corpus.sources import SOURCES, describe, files_of, load
from tests.models.scores import random_score


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "mine"
    for seed in range(30):
        random_score(folder / f"sub{seed % 2}" / f"{seed}.MID", seed, beats=8)
    return folder


def test_ones_own_files_fall_into_three_parts_that_do_not_overlap(folder: Path) -> None:
    parts = [files_of(folder, split) for split in ("train", "valid", "test")]
    assert sum(len(part) for part in parts) == len({p for part in parts for p in part}) == 30
    assert len(parts[0]) > 15


def test_a_renamed_copy_stays_in_its_split(folder: Path, tmp_path: Path) -> None:
    original = files_of(folder, "valid")[0]
    copy = tmp_path / "renamed.mid"
    copy.write_bytes(original.read_bytes())
    assert files_of(tmp_path, "valid") == [copy]


def test_of_a_few_files_each_part_gets_one(folder: Path, tmp_path: Path) -> None:
    few = [path.read_bytes() for path in files_of(folder, "train")[:4]]
    for name, content in enumerate([*few, few[0]]):
        (tmp_path / f"{name}.mid").write_bytes(content)
    parts = {s: {p.read_bytes() for p in files_of(tmp_path, s)} for s in ("train", "valid", "test")}
    assert set.union(*parts.values()) == set(few)
    assert sum(map(len, parts.values())) == len(few)


def test_a_link_to_nothing_costs_one_line_and_a_folder_with_the_name_of_a_file_none(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    (mine / "folder.mid").mkdir(parents=True)
    for number, source in enumerate(files_of(folder, "train")[:4]):
        (mine / "folder.mid" / f"{number}.mid").write_bytes(source.read_bytes())
    (mine / "a.mid").symlink_to("gone.mid")
    counts = [len(load(mine, split, tmp_path / "cache")) for split in ("train", "valid", "test")]
    assert sum(counts) == 4
    assert [record.getMessage() for record in caplog.records][:1] == [
        "mine: 2 to learn from (train); left out 1: 1 x is not there (a.mid)"
    ]


@pytest.mark.parametrize("index", [False, True])
def test_a_huge_file_is_left_out_unread(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, index: bool
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for number, source in enumerate(files_of(folder, "train")[:4]):
        (mine / f"{number}.mid").write_bytes(source.read_bytes())
    with (mine / "huge.mid").open("wb") as file:
        # Sparse: it takes no room on the disk.
        file.truncate(1 << 40)
    if index:
        (mine / "index.csv").write_text("file,split\n0.mid,train\nhuge.mid,train\n")
    assert load(mine, "train", tmp_path / "cache")
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.endswith(
        "; left out 1: 1 x has 1048576 MB, more than the 16 MB that are read (huge.mid)"
    )


def test_a_folder_is_read_for_its_digests_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for number, source in enumerate(files_of(folder, "train")[:4]):
        (mine / f"{number}.mid").write_bytes(source.read_bytes())
    # The only one of a split at first: the files are split anew.
    (mine / "0.mid").write_bytes(b"not music")
    seen: list[Path] = []
    real = sources.digest_of

    def digest_of(path: Path, *most: int) -> bytes:
        seen.append(path)
        return real(path, *most)

    monkeypatch.setattr(sources, "digest_of", digest_of)
    assert all(sources.read(mine, ("train", "valid", "test"), tmp_path / "cache").values())
    assert sorted(seen) == sorted(mine.glob("*.mid"))


def test_an_index_says_what_is_in_a_split(tmp_path: Path) -> None:
    for seed in range(3):
        random_score(tmp_path / f"{seed}.mid", seed, beats=4)
    (tmp_path / "index.csv").write_text("file,split\n0.mid,train\n1.mid,test\n2.mid,heldout\n")
    assert files_of(tmp_path, "train") == [tmp_path / "0.mid"]
    assert files_of(tmp_path, "test") == [tmp_path / "1.mid"]
    with pytest.raises(ExtempoError, match="no MIDI files for valid"):
        files_of(tmp_path, "valid")


def test_a_file_is_parsed_once_and_again_if_its_cache_is_damaged(
    folder: Path, tmp_path: Path
) -> None:
    first = load(folder, "valid", tmp_path)
    kept = sorted(tmp_path.glob("*.npz"))
    assert len(kept) == len(first)
    written = kept[0].stat().st_mtime_ns
    kept[-1].write_bytes(kept[-1].read_bytes()[:100])
    second = load(folder, "valid", tmp_path)
    assert kept[0].stat().st_mtime_ns == written
    for one, other in zip(first, second, strict=True):
        assert (one.notes == other.notes).all()


def test_a_broken_file_costs_one_line(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for number, source in enumerate(files_of(folder, "train")[:3]):
        (mixed / f"{number}.mid").write_bytes(source.read_bytes())
    (mixed / "index.csv").write_text(
        "file,split\n" + "".join(f"{n}.mid,train\n" for n in (0, 1, 2, 9))
    )
    (mixed / "1.mid").write_text("not music")
    with caplog.at_level(logging.WARNING):
        assert len(load(mixed, "train", tmp_path / "cache")) == 2
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith(
        "mixed: 2 to learn from (train); left out 2: 1 x cannot be read as MIDI ("
    )
    assert said.endswith("; 1 x is not there (9.mid)")


def test_every_known_corpus_says_where_it_is_from_and_what_is_allowed() -> None:
    for name, source in SOURCES.items():
        described = describe(name, 3)
        assert described.licence
        assert described.attribution
        assert "@" in source.origin
        assert described.tier == source.tier
    assert describe("mine", 3).licence == "not stated"
