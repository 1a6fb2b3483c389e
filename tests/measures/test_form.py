import math

import numpy as np
import pytest

from models.measures.form import LENGTHS
from models.measures.table import FAMILIES, measured
from tests.measures.music import canon, chord, excerpt, line, noise, scale

NAMES = [one.name for family in FAMILIES.values() for one in family]


def test_each_figure_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(one.help.endswith(".") and one.unit for row in FAMILIES.values() for one in row)


def test_of_no_notes_there_is_no_figure() -> None:
    assert all(math.isnan(value) for value in measured(excerpt()).values())


@pytest.mark.parametrize(
    "notes", [line([60]), chord([60, 64, 67], 0, 4), chord(list(range(128)), 0, 1), line([60] * 9)]
)
def test_every_music_has_figures_without_a_warning(notes: np.ndarray) -> None:
    found = measured(excerpt(notes))
    assert list(found) == NAMES
    assert not any(math.isinf(value) for value in found.values())


def test_shares_are_of_one() -> None:
    for music in (canon(4), scale(), noise(10_000)):
        found = measured(music)
        for family in FAMILIES.values():
            for one in family:
                if one.unit == "share":
                    assert math.isnan(found[one.name]) or 0 <= found[one.name] <= 1, one.name


def test_a_canon_comes_back() -> None:
    found = measured(canon(4))
    for length in LENGTHS:
        # 64 notes have 64 - length runs; the 16 that begin in the first time through are new.
        assert found[f"{length}-runs that come back"] == pytest.approx(
            (64 - length - 16) / (64 - length)
        )
    assert found["bars that return"] == 0.0


def test_bars_return_in_the_same_key() -> None:
    four = line([60, 64, 67, 72, 60, 64, 67, 72, 62, 65, 69, 74, 60, 64, 67, 72])
    assert measured(excerpt(four))["bars that return"] == 0.5


def test_rhythms_of_bars() -> None:
    music = excerpt(
        line([60] * 4), line([60] * 2, 2, 4), line([72] * 4, start=8), line([60], start=12)
    )
    assert measured(music)["distinct rhythms of bars"] == 0.75


def test_even_music_has_no_variation_of_density_and_no_rest() -> None:
    found = measured(scale(64))
    assert found["variation of density"] == 0.0
    assert found["longest rest"] == 0.0


def test_a_rest_is_as_long_as_nothing_sounds() -> None:
    music = excerpt(line([60, 62]), line([64], start=5), chord([40], 0, 4))
    assert measured(music)["longest rest"] == 1.0


def test_half_the_music_empty_is_density_of_variation_one() -> None:
    assert measured(excerpt(line([60] * 16), chord([60], 31, 1)))["variation of density"] == (
        pytest.approx(15 / 17)
    )
