"""The features of Yang and Lerch: how far an artifact's music is from people's pieces, and these from each other."""

from collections.abc import Sequence
from typing import Final

import msgspec

from export.evaluate.report import Row, Spread
from export.evaluate.rows import number, spread
from export.evaluate.subject import evenly
from models.measures.excerpt import Excerpt, Reals
from models.measures.features import FEATURES, Feature, apart, between, within

FAMILY: Final = "features of Yang and Lerch"
MOST: Final = 120
"""Pieces of people that are held against each other, at most: each with each."""


def features(played: Sequence[Excerpt], people: Sequence[Excerpt]) -> list[Row]:
    """Return of each feature the distances of one side from the other, and of people's pieces from each other.

    Their overlap is that of the paper; people with people: every other piece against those between.
    """
    some = list(evenly(people))[:MOST]
    return [_row(one, played, some) for one in FEATURES]


def _row(feature: Feature, played: Sequence[Excerpt], people: Sequence[Excerpt]) -> Row:
    ours, theirs = ([feature.of(one) for one in side] for side in (played, people))
    told = f"{feature.help} Distances: from people's pieces, and of these from each other."
    return Row(
        feature.name, FAMILY, "distance", told,
        _spread(between(ours, theirs)), _spread(within(theirs)),
        number(apart(ours, theirs).overlap), number(apart(theirs[1::2], theirs[::2]).overlap),
    )  # fmt: skip


def _spread(distances: Reals) -> Spread | None:
    """Return the quantiles of distances; there are too many of them to be written down."""
    found = spread(distances)
    return found and msgspec.structs.replace(found, values=[])
