"""Files of tunes as a corpus: split by name or tune by tune, and what is left out is said, a line for each reason."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from export.train_cli import command
from models.abc.transpose import transposed
from models.contract.errors import ExtempoError
from models.corpus import sources
from models.corpus.splits import Split
from models.train.checkpoint import load_checkpoint
from models.train.run import BEST

ALL: tuple[Split, ...] = ("train", "valid", "test")
RECIPE = """
name = "tiny"
title = "Tiny"
net = "lstm"
representation = "abc"
batch = 2
length = 16
steps = 1

[config]
hidden = 8
layers = 1
embed = 4
head = 4
memory = 0

[corpora]
abc_pd = 1.0
"""


def tune(number: int, transcriber: str = "") -> str:
    # The digits of its number are its notes, so that no two are alike in any key.
    notes = " ".join("CDEFGABcde"[int(digit)] for digit in f"{number:03d}")
    said = f"Z:{transcriber}\n" if transcriber else ""
    return f"X:{number}\nT:Tune {number}\n{said}M:4/4\nL:1/8\nK:C\n{notes} G2 | ABcd e4 |]\n"


def book(path: Path, tunes: Sequence[str], transcribers: Sequence[str] = ()) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(tunes))
    if transcribers:
        lines = [json.dumps({"id": n, "transcriber": who}) for n, who in enumerate(transcribers)]
        path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n")
    return path


def read(folder: Path, cache: Path, splits: Sequence[Split] = ALL) -> dict[Split, list[str]]:
    found = sources.read(folder, splits, cache, ("abc",))
    return {split: [piece.name for piece in pieces] for split, pieces in found.items()}


def known(folder: Path) -> Path:
    """Make a corpus as abc_pd lies there: files named after their splits, with who wrote what beside them."""
    for first, split in enumerate(ALL):
        numbers = range(100 * first, 100 * first + 4)
        book(
            folder / f"{split}.abc", [*map(tune, numbers)], ["", "Henrik NORBECK", "", "A. Fiddler"]
        )
    return folder


def test_files_that_are_named_after_splits_are_those(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = known(tmp_path / "mine")
    book(folder / "more.abc", [tune(300)])
    found = read(folder, tmp_path / "cache")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["mine: left out 1 x it is not named after a split, as others are (more.abc)"]
    assert found["valid"] == [f"valid.abc: Tune {number}" for number in range(100, 104)]
    assert {split: len(names) for split, names in found.items()} == dict.fromkeys(ALL, 4)


def test_of_a_known_corpus_whoever_has_terms_of_his_own_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = known(tmp_path / "abc_pd")
    book(folder / "test.abc", [tune(200, "by H. Norbeck"), tune(201), tune(202)])
    (folder / "test.jsonl").unlink()
    found = read(folder, tmp_path / "cache")
    assert found["train"] == ["train.abc: Tune 0", "train.abc: Tune 2", "train.abc: Tune 3"]
    assert found["test"] == ["test.abc: Tune 201", "test.abc: Tune 202"]
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith(
        "abc_pd: left out 3 x their transcriber has terms of his own (Norbeck) ("
    )


def test_what_lies_beside_is_read_again_when_it_changes(tmp_path: Path) -> None:
    folder = known(tmp_path / "abc_pd")
    assert len(read(folder, tmp_path / "cache")["train"]) == 3
    book(folder / "train.abc", [tune(n) for n in range(4)], ["Norbeck", "Norbeck", "", ""])
    assert read(folder, tmp_path / "cache")["train"] == ["train.abc: Tune 2", "train.abc: Tune 3"]


def test_a_tune_is_named_after_its_own_file_whatever_was_read_before(tmp_path: Path) -> None:
    tunes = [*map(tune, range(9))]
    for name in ("one.abc", "two.abc"):
        found = read(book(tmp_path / name, tunes), tmp_path / "cache")
        assert {one.partition(": ")[0] for names in found.values() for one in names} == {name}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('{"transcriber": ""}\n', ", whose lines are not those of its tunes"),
        ("no JSON\n", ", which cannot be read"),
    ],
)
def test_what_lies_beside_and_is_of_something_else_costs_the_file(
    tmp_path: Path, written: str, why: str
) -> None:
    folder = known(tmp_path / "abc_pd")
    (folder / "train.jsonl").write_text(written)
    with pytest.raises(ExtempoError, match=f"left out 1: 1 x has train.jsonl beside it{why}"):
        read(folder, tmp_path / "cache")


def test_a_line_says_how_many_tunes_were_left_out_for_a_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    broken = [f"X:1\nT:Keyless {number}\nM:4/4\nabc\n" for number in range(5)]
    short = "X:1\nT:Short\nK:C\nCDE|\n"
    book(tmp_path / "mine" / "a.abc", [*broken, short, *map(tune, range(30))])
    for _ in range(2):
        # The second time from the cache.
        caplog.clear()
        read(tmp_path / "mine", tmp_path / "cache")
        counts, *lines = (record.getMessage() for record in caplog.records)
        assert counts.startswith("mine: ")
        assert lines == [
            "mine: left out 5 x it has no key (K:) (Keyless 0, Keyless 1, Keyless 2 and 2 more)",
            "mine: left out 1 x it has fewer than 8 notes (Short)",
        ]


def test_a_file_of_many_tunes_is_split_tune_by_tune(tmp_path: Path) -> None:
    path = book(tmp_path / "book.abc", [*map(tune, range(60))])
    found = read(path, tmp_path / "cache")
    assert sum(map(len, found.values())) == 60
    assert len(set().union(*found.values())) == 60
    assert len(found["train"]) > 35
    # Whichever splits are asked for, and whatever the file is called.
    again = book(tmp_path / "mine" / "other.abc", [*map(tune, range(60))]).parent
    assert [name.rpartition(": ")[2] for name in read(again, tmp_path, ("test",))["test"]] == [
        name.rpartition(": ")[2] for name in found["test"]
    ]


def test_a_tune_in_another_key_stays_in_its_split(tmp_path: Path) -> None:
    tunes = [*map(tune, range(20))]
    moved = [transposed(text, 2).replace("T:Tune", "T:Moved") for text in tunes]
    path = book(tmp_path / "book.abc", tunes + moved)
    for names in read(path, tmp_path / "cache").values():
        titles = [name.partition(": ")[2] for name in names]
        assert sorted(one for one in titles if one.startswith("Tune")) == sorted(
            one.replace("Moved", "Tune") for one in titles if one.startswith("Moved")
        )


@pytest.mark.parametrize("tunes", [[], [tune(1)], [tune(1), tune(2), tune(2)]])
def test_too_few_tunes_are_said_to_be(tmp_path: Path, tunes: list[str]) -> None:
    path = book(tmp_path / "book.abc", tunes or ["nothing\n"])
    with pytest.raises(ExtempoError, match="there must be 3, one for each split"):
        read(path, tmp_path / "cache")


def test_one_file_trains_by_the_command_that_folders_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("export.train_cli.console.width", 200, raising=False)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    book(tmp_path / "book.abc", [*map(tune, range(30))])
    known(tmp_path / "abc_pd")
    for corpus, words in (("abc_pd", ()), ("book.abc", ("--corpus", "book.abc"))):
        out = tmp_path / f"run-{corpus}"
        done = CliRunner().invoke(
            command,
            [str(tmp_path / "tiny.toml"), "--data", str(tmp_path), "--out", str(out), *words],
        )
        assert done.exit_code == 0, done.output
        (learned,) = load_checkpoint(out / BEST).corpora
        assert learned.name == corpus
        assert learned.tier == ("B" if corpus == "abc_pd" else "")
        assert learned.pieces == (3 if corpus == "abc_pd" else pytest.approx(24, abs=5))
