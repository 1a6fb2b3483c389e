import math

import numpy as np
import pytest

from models.corpus.pieces import Longs
from models.measures.table import FAMILIES, measured
from tests.measures.music import canon, chord, excerpt, line, noise, scale

NAMES = [one.name for family in FAMILIES.values() for one in family]


def test_each_figure_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(one.help.endswith(".") and one.unit for row in FAMILIES.values() for one in row)


def test_of_no_notes_there_is_no_figure() -> None:
    assert all(math.isnan(value) for value in measured(excerpt()).values())


@pytest.mark.parametrize(
    "notes",
    [
        line([60]),
        chord([60, 64, 67], 0, 4),
        chord(list(range(128)), 0, 1),
        line([60] * 9),
        line([0, 127], 400, hold=0.001),
        line([60, 62], 0.04, 3.96),
    ],
    ids=["one note", "one chord", "all at once", "one pitch", "far apart", "over a bar line"],
)
@pytest.mark.parametrize("beats", [4.0, 3.5, 0.5])
def test_every_music_has_figures_without_a_warning(notes: Longs, beats: float) -> None:
    found = measured(excerpt(notes, beats=beats))
    assert list(found) == NAMES
    assert all(isinstance(value, float) and not math.isinf(value) for value in found.values())


def test_ten_thousand_notes_have_figures_and_shares_are_of_one() -> None:
    for music in (canon(4), scale(), noise(10_000)):
        found = measured(music)
        for family in FAMILIES.values():
            for one in family:
                if one.unit in ("share", "cosine", "fitness", "yes or no"):
                    assert math.isnan(found[one.name]) or -1e-9 <= found[one.name] <= 1 + 1e-9, (
                        one.name
                    )


def test_figures_are_the_same_in_another_key() -> None:
    music = noise(400)
    moved = measured(excerpt(music.notes + np.array((0, 3, 0, 0))))
    assert moved == pytest.approx(measured(music), nan_ok=True)
