"""Figures of people's pieces, where these are there: they come out as they were measured by other means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from models.corpus.sources import load
from models.measures.excerpt import Excerpt, of_score
from models.measures.listening import FITS, heard, shared_run
from models.measures.overlap import parted
from models.measures.table import FAMILIES

FOLDERS: Final = [folder / "shared" / "data" / "piano_scores" for folder in Path(__file__).parents]
DATA: Final = next((folder for folder in FOLDERS if folder.is_dir()), None)
BARS: Final = 64


@pytest.fixture(scope="module")
def people() -> list[Excerpt]:
    if DATA is None:
        pytest.skip("the scores are not here")
    pieces = [of_score(score).cut(0, BARS) for score in load(DATA, "test")]
    return [one for one in pieces if len(one.bars) >= BARS // 2]


MEASURES: Final = {one.name: one for family in FAMILIES.values() for one in family}


def values(people: Sequence[Excerpt], name: str) -> list[float]:
    return [MEASURES[name].of(one) for one in people]


def test_form_and_lines_are_those_of_people(people: list[Excerpt]) -> None:
    wanted = {
        "4-runs that come back": 0.42,
        "8-runs that come back": 0.26,
        "bars that return": 0.27,
        "chroma similarity 4 bars on": 0.59,
        "rhythm similarity 4 bars on": 0.88,
        "distinct rhythms of bars": 0.22,
        "key stays": 0.33,
        "steps": 0.40,
        "changes of direction": 0.54,
        "variation of density": 0.17,
    }
    found = {name: values(people, name) for name in wanted}
    medians = {name: float(np.nanmedian(row)) for name, row in found.items()}
    assert medians == pytest.approx(wanted, abs=0.05)
    assert all(0.8 < parted(row) < 0.95 for row in found.values())
    assert np.mean([share > 0.1 for share in values(people, "stuck")]) < 0.1


def test_people_go_on_from_their_own_phrases(people: list[Excerpt]) -> None:
    longer = people[:30]
    phrases = [one.cut(0, 8) for one in longer]
    answers = [[one.cut(8, 8)] for one in longer]
    areas = {fit.name: heard(fit, phrases, answers).area for fit in FITS}
    wanted = {"key": 0.86, "rhythm": 0.89, "density": 0.83, "register": 0.61, "motif": 0.80}
    assert {name: areas[name] for name in wanted} == pytest.approx(wanted, abs=0.12)
    runs = [shared_run(phrase, own[0]) for phrase, own in zip(phrases, answers, strict=True)]
    assert 4 <= np.nanmedian(runs) <= 14
