"""Rows of a report: one figure of an artifact's music and of people's."""

from collections.abc import Iterable, Sequence

import numpy as np

from export.evaluate.report import Row, Spread
from models.measures.excerpt import Excerpt
from models.measures.measure import Measure
from models.measures.overlap import known, overlap, parted


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
        number(overlap(ours, theirs).area), number(parted(theirs, len(ours))),
    )  # fmt: skip


def spread(values: Iterable[float]) -> Spread | None:
    """Return the quantiles of values, nan left out; None where there are none."""
    found = known(values)
    if not len(found):
        return None
    low, middle, high = np.quantile(found, (0.1, 0.5, 0.9)).tolist()
    return Spread(low, middle, high, float(found.mean()), [round(one, 5) for one in found.tolist()])


def number(value: float) -> float | None:
    """Return a value as it is written; None for nan."""
    return float(value) if np.isfinite(value) else None
