"""Form and musicality: an artifact's solos beside people's pieces, figure by figure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from export.evaluate.excerpts import Music
from export.evaluate.report import Row, Spread, Table
from models.measures.excerpt import Excerpt
from models.measures.measure import Measure
from models.measures.overlap import known, overlap, parted
from models.measures.table import FAMILIES

WHOLE: Final = ("endings",)
"""Families that say something of finished pieces only."""


def music(made: Music, shown: Callable[[float], None]) -> Table:
    """Play solos and set their figures beside those of people's pieces."""
    played = made.played(lambda done: shown(0.5 * done))
    asked = made.judged.asked
    rows = []
    families = [one for one in FAMILIES if made.whole or one not in WHOLE]
    for number, family in enumerate(families):
        rows += [row_of(one, family, played, made.people) for one in FAMILIES[family]]
        shown(0.5 + 0.5 * (number + 1) / len(families))
    what = "their finished tunes" if made.whole else "as long at most"
    said = f"{asked.seeds} solos of {asked.bars} bars beside people's pieces, {what}"
    return Table(len(played), len(made.people), said, rows)


def row_of(
    measure: Measure, family: str, played: Sequence[Excerpt], people: Sequence[Excerpt]
) -> Row:
    """Return one figure of both sides."""
    values = [[measure.of(one) for one in side] for side in (played, people)]
    return row(measure.name, family, measure.unit, measure.help, values[0], values[1])


def row(
    name: str, family: str, unit: str, told: str, model: Iterable[float], people: Iterable[float]
) -> Row:
    """Return the values of both sides with their overlap, and that of people with people."""
    ours, theirs = known(model), known(people)
    return Row(
        name, family, unit, told, spread(ours), spread(theirs),
        _number(overlap(ours, theirs).area), _number(parted(theirs, len(ours))),
    )  # fmt: skip


def spread(values: Iterable[float]) -> Spread | None:
    """Return the quantiles of values, nan left out; None where there are none."""
    found = known(values)
    if not len(found):
        return None
    low, middle, high = np.quantile(found, (0.1, 0.5, 0.9)).tolist()
    return Spread(low, middle, high, float(found.mean()), [round(one, 5) for one in found.tolist()])


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
