"""Corpora: known ones by their index, one's own by a hash; parsed once, skipped when broken."""

import logging
from pathlib import Path

import pytest

from models.contract.errors import ExtempoError
from models.corpus import sources
from models.corpus.sources import SOURCES, describe, load
from tests.models.scores import files_of, random_score


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "mine"
    for seed in range(30):
        random_score(folder / f"sub{seed % 2}" / f"{seed}.MID", seed, beats=8)
    return folder


@pytest.fixture(scope="module")
def few(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Some of those that are learned from."""
    return files_of(folder, "train", tmp_path_factory.mktemp("cache"))[:4]


def test_ones_own_files_fall_into_three_parts_that_do_not_overlap(
    folder: Path, tmp_path: Path
) -> None:
    parts = [files_of(folder, split, tmp_path) for split in ("train", "valid", "test")]
    assert sum(len(part) for part in parts) == len({p for part in parts for p in part}) == 30
    assert len(parts[0]) > 15


def test_a_renamed_copy_stays_in_its_split(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    split = {
        path: name
        for name in ("train", "valid", "test")
        for path in files_of(folder, name, tmp_path / "cache")
    }
    for number, path in enumerate(split):
        (mine / f"renamed{number}.mid").write_bytes(path.read_bytes())
    for name in ("train", "valid", "test"):
        here = {path.read_bytes() for path in files_of(mine, name, tmp_path / "cache")}
        assert here == {path.read_bytes() for path, of in split.items() if of == name}


def test_of_a_few_files_each_part_gets_one(few: list[Path], tmp_path: Path) -> None:
    contents = [path.read_bytes() for path in few]
    for name, content in enumerate([*contents, contents[0]]):
        (tmp_path / f"{name}.mid").write_bytes(content)
    splits = ("train", "valid", "test")
    parts = [{p.read_bytes() for p in files_of(tmp_path, s, tmp_path / "c")} for s in splits]
    assert set.union(*parts) == set(contents)
    assert sum(map(len, parts)) == len(contents)


def test_a_link_to_nothing_costs_one_line_and_a_folder_with_the_name_of_a_file_none(
    few: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    (mine / "folder.mid").mkdir(parents=True)
    for number, source in enumerate(few):
        (mine / "folder.mid" / f"{number}.mid").write_bytes(source.read_bytes())
    (mine / "a.mid").symlink_to("gone.mid")
    counts = [len(load(mine, split, tmp_path / "cache")) for split in ("train", "valid", "test")]
    assert sum(counts) == 4
    assert [record.getMessage() for record in caplog.records][:1] == [
        "mine: 2 to learn from (train); left out 1: 1 x is not there (a.mid)"
    ]


@pytest.mark.parametrize("index", [False, True])
def test_a_huge_file_is_left_out_unread(
    few: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture, index: bool
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for number, source in enumerate(few):
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


def test_an_index_says_what_is_in_a_split(tmp_path: Path) -> None:
    for seed in range(3):
        random_score(tmp_path / f"{seed}.mid", seed, beats=4)
    (tmp_path / "index.csv").write_text("file,split\n0.mid,train\n1.mid,test\n2.mid,heldout\n")
    found = sources.held(tmp_path, ("train", "test"), tmp_path / "cache")
    assert found.paths == [tmp_path / "0.mid", tmp_path / "1.mid"]
    assert found.splits == {"train": [0], "test": [1]}
    with pytest.raises(ExtempoError, match="no MIDI files for valid"):
        load(tmp_path, "valid", tmp_path / "cache")


def test_a_broken_file_costs_one_line(
    few: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for number, source in enumerate(few[:3]):
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
