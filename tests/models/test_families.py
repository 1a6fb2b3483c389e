"""Versions of the same music are of a family, in whatever key, tempo, rhythm and accompaniment; other music is not."""

from pathlib import Path

import numpy as np
import pytest

from models.corpus import sources
from models.corpus.families import families, sketch
from models.corpus.pieces import Longs
from models.corpus.splits import Split, splits_of
from tests.models.scores import Strokes, write_score

ALL: tuple[Split, ...] = ("train", "valid", "test")


def melody(seed: int, notes: int = 96) -> Longs:
    random = np.random.default_rng(seed)
    return 60 + np.cumsum(random.integers(-4, 5, notes)) % 24


def strokes(line: Longs, up: int = 0, beat: float = 0.5) -> Strokes:
    return [(number * beat, int(pitch) + up, beat) for number, pitch in enumerate(line)]


def found(lines: list[Longs]) -> list[int]:
    return families([sketch(line) for line in lines], range(len(lines))).tolist()


def test_a_transposed_a_shortened_and_a_varied_version_are_of_a_family_and_others_are_not() -> None:
    whole, other = melody(1), melody(2)
    varied = whole.copy()
    varied[::24] += 1
    parts = [whole, other, whole + 5, whole[20:70], varied, other - 3, melody(3)]
    assert found(parts) == [0, 1, 0, 0, 0, 1, 6]


def test_of_hundreds_of_versions_all_are_of_a_family() -> None:
    line = melody(1)
    lines = [line + by % 12 if by % 3 else np.append(line, melody(by, 30)) for by in range(200)]
    assert len(set(found([*lines, melody(1000)]))) == 2


def test_scales_and_repeated_notes_make_no_family() -> None:
    scales = [np.concatenate((np.arange(48, 90), melody(n, 40))) for n in range(20)]
    repeated = [np.concatenate((np.full(60, 60), melody(n + 20, 40))) for n in range(20)]
    assert len(set(found([*scales, *repeated]))) == 40


def test_who_has_too_few_notes_is_of_a_family_with_the_same_alone() -> None:
    lines = [melody(1, 5), melody(2, 5), melody(1, 5)]
    assert families([sketch(one) for one in lines], [7, 8, 7]).tolist() == [0, 1, 0]


def test_many_runs_are_compared_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [melody(number % 30) + number % 7 for number in range(120)]
    at_once = found(lines)
    monkeypatch.setattr("models.corpus.families.BAND", 500)
    assert found(lines) == at_once


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pieces, five of them in seven keys and two tempi each."""
    folder = tmp_path_factory.mktemp("data") / "mine"
    for number in range(20):
        line = melody(number)
        for up in range(-3, 4) if number < 5 else (0,):
            beat = 0.25 if up % 2 else 0.5
            write_score(folder / f"{number:02} {up:+}.mid", [strokes(line, up, beat)])
    return folder


def test_no_version_of_a_piece_is_in_two_splits(versions: Path, tmp_path: Path) -> None:
    found = sources.held(versions, ALL, tmp_path)
    of = {s: {found.paths[n].name[:2] for n in found.splits[s]} for s in ALL}
    assert sum(len(found.splits[s]) for s in ALL) == 5 * 7 + 15
    assert sum(map(len, of.values())) == len(set.union(*of.values())) == 20
    # File by file, they would leak.
    loose = [len({found.paths[n].name[:2] for n in numbers}) for numbers in _by_file(found)]
    assert sum(loose) > 20


def _by_file(found: sources.Folder) -> list[list[int]]:
    parts = splits_of(range(len(found.pieces)), found.digests.__getitem__)
    return [parts[split] for split in ALL]


def test_a_piece_without_versions_stays_where_it_is_whatever_comes_beside_it(
    versions: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    for path in versions.glob("*+0.mid"):
        if int(path.name[:2]) >= 5:
            (alone / path.name).write_bytes(path.read_bytes())
    few = sources.held(alone, ALL, tmp_path / "cache")
    many = sources.held(versions, ALL, tmp_path / "cache")
    where = {many.paths[n].name: split for split in ALL for n in many.splits[split]}
    moved = [n for s in ALL for n in few.splits[s] if where[few.paths[n].name] != s]
    # One of them at most goes to a split that would have none.
    assert len(moved) <= 2


def test_versions_of_one_piece_alone_are_learned_from_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for up in range(12):
        write_score(tmp_path / "mine" / f"{up}.mid", [strokes(melody(1), up)])
    found = sources.read(tmp_path / "mine", ALL, tmp_path / "cache")
    assert sum(map(len, found.values())) == 12
    assert all(found.values())
    assert caplog.messages == [
        "mine: its 12 pieces are versions of the same music, so that what is measured is no new music: put other "
        "pieces beside them"
    ]
