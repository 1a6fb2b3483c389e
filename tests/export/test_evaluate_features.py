"""Features by the distances of pieces: music of people's kind lies among them, and another kind does not."""

import numpy as np
import pytest

from export.evaluate.features import MOST, features
from models.measures.excerpt import Excerpt
from tests.measures.music import excerpt, line


def some(seed: int, count: int, least: int) -> list[Excerpt]:
    random = np.random.default_rng(seed)
    return [
        excerpt(line(random.integers(55, 80, least + random.integers(30)).tolist()))
        for _ in range(count)
    ]


def test_music_of_peoples_kind_lies_among_them_and_other_music_does_not() -> None:
    people = some(1, 40, 40)
    rows = {
        which: {row.name: row for row in features(music, people)}
        for which, music in (("same", some(2, 40, 40)), ("other", some(3, 40, 90)))
    }
    same, other = rows["same"]["note count"], rows["other"]["note count"]
    assert same.overlap > 0.85 > 0.5 > other.overlap
    assert same.among_people == other.among_people > 0.75
    assert other.model.middle > 2 * other.people.middle
    assert same.people.middle == pytest.approx(
        np.median([abs(len(a.notes) - len(b.notes)) for a in people for b in people if a is not b])
    )


def test_of_one_piece_there_is_no_distance() -> None:
    one = some(1, 1, 40)
    for row in features(one, one):
        assert row.people is None
        assert row.overlap is None
    assert all(row.overlap is None for row in features([excerpt()], some(2, 5, 40)))


def test_of_many_pieces_those_are_taken_that_are_spread_over_all() -> None:
    people = some(1, MOST, 20) + some(2, MOST, 90)
    row = next(row for row in features(some(3, 4, 90), people) if row.name == "note count")
    assert row.people.high > 60
