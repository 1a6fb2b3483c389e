"""The nine features of Yang and Lerch (2020), and how far sets of music are apart in them.

L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing and Applications
32, 2020. Features are vectors; every two excerpts have a distance, within a set (intra) and between two (inter).
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import Excerpt, Reals
from models.measures.overlap import kernel, scott

NEAR: Final = 2
"""Ticks at most between the end of a note and an onset that follows it: 50 ms at 120 beats a minute."""
_LENGTHS: Final = np.array((96, 48, 24, 12, 6, 72, 36, 18, 9, 32, 16, 8)) / 96
"""Lengths of notes that are told apart, in bars: whole to sixteenth, dotted, triplets."""
PLACES: Final = 1000
"""Places at which densities are compared."""
_AT_ONCE: Final = 1 << 22


class Feature(NamedTuple):
    """of: a vector, nan where it does not apply."""

    name: str
    help: str
    of: Callable[[Excerpt], Reals]


class Apart(NamedTuple):
    """How far music is from people's, in one feature: nan where a set has too few that it applies to.

    own, theirs: mean distance within the music, and within the people's. between: from one to the other.
    divergence: Kullback-Leibler, of the people's own distances from those between. overlap: of both densities.
    """

    own: float
    theirs: float
    between: float
    divergence: float
    overlap: float


def apart(music: Sequence[Reals], people: Sequence[Reals]) -> Apart:
    """Return how far vectors of a feature are from those of people's music."""
    own, theirs, across = within(music), within(people), between(music, people)
    divergence, overlap = _compared(theirs, across)
    return Apart(_middle(own), _middle(theirs), _middle(across), divergence, overlap)


def within(vectors: Sequence[Reals]) -> Reals:
    """Return the distance of each vector from each other one, both ways round; those with nan are left out."""
    found = _distances(_known(vectors), _known(vectors))
    return np.asarray(found[~np.eye(len(found), dtype=np.bool_)])


def between(one: Sequence[Reals], other: Sequence[Reals]) -> Reals:
    """Return the distance of each vector of one set from each of the other; those with nan are left out."""
    return _distances(_known(one), _known(other)).ravel()


def _middle(values: Reals) -> float:
    return float(values.mean()) if len(values) else np.nan


def _compared(theirs: Reals, across: Reals) -> tuple[float, float]:
    """Return divergence and overlap of two sets of distances, by Gaussian kernels of Scott's width."""
    if min(len(theirs), len(across)) < 2:
        return np.nan, np.nan
    if not np.ptp(theirs) or not np.ptp(across):
        same = np.array_equal(np.unique(theirs), np.unique(across))
        return (0.0, 1.0) if same else (np.nan, 0.0)
    low = min(theirs.min(), across.min())
    high = max(theirs.max(), across.max())
    grid = np.linspace(low, high, PLACES)
    one, other = _density(grid, theirs), _density(grid, across)
    both = np.minimum(one, other)
    area = float(((both[1:] + both[:-1]) / 2 * np.diff(grid)).sum())
    # As theirs: each density over the values of its own set.
    p = _density(np.linspace(theirs.min(), theirs.max(), PLACES), theirs)
    q = _density(np.linspace(across.min(), across.max(), PLACES), across)
    p, q = p / p.sum(), np.maximum(q / q.sum(), np.finfo(float).tiny)
    return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum()), area


def _density(grid: Reals, values: Reals) -> Reals:
    width, total = scott(values), np.zeros(len(grid))
    step = max(_AT_ONCE // len(grid), 1)
    for begin in range(0, len(values), step):
        total += kernel(grid, values[begin : begin + step], width).sum(1)
    return total / len(values)


def _known(vectors: Sequence[Reals]) -> list[Reals]:
    return [one.ravel() for one in vectors if np.isfinite(one).all()]


def _distances(one: list[Reals], other: list[Reals]) -> Reals:
    if not one or not other:
        return np.zeros((0, 0))
    rows = np.array(other)
    return np.array([np.linalg.norm(rows - vector, axis=1) for vector in one])


def _pitch_count(excerpt: Excerpt) -> Reals:
    return np.array([len(np.unique(excerpt.notes[:, 1])) or np.nan])


def _pitch_classes(excerpt: Excerpt) -> Reals:
    weights = np.bincount(excerpt.notes[:, 1] % 12, excerpt.notes[:, 3], 12)
    return np.asarray(weights / (weights.sum() or np.nan))


def _pitch_class_moves(excerpt: Excerpt) -> Reals:
    """Return how often a note of one pitch class ends where one of another begins, within 50 ms."""
    onsets, classes = excerpt.notes[:, 0], excerpt.notes[:, 1] % 12
    ends = onsets + excerpt.notes[:, 3]
    if not len(onsets):
        return np.full((12, 12), np.nan)
    size = excerpt.end + 2 * NEAR + 1
    begins = np.zeros((size, 12))
    np.add.at(begins, (onsets, classes), 1)
    # How many begin from `NEAR` ticks before an end to as many after it.
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(begins, axis=0)))
    around = sums[np.minimum(ends + NEAR + 1, size)] - sums[np.maximum(ends - NEAR, 0)]
    found = np.zeros((12, 12))
    np.add.at(found, classes, around)
    # A note that is that short does not follow itself.
    short = excerpt.notes[:, 3] <= NEAR
    np.subtract.at(found, (classes[short], classes[short]), 1)
    return found


def _pitch_range(excerpt: Excerpt) -> Reals:
    return np.array([np.ptp(excerpt.notes[:, 1]) if len(excerpt.notes) else np.nan])


def _interval(excerpt: Excerpt) -> Reals:
    return _mean(np.abs(np.diff(excerpt.notes[:, 1])))


def _note_count(excerpt: Excerpt) -> Reals:
    return np.array([len(excerpt.notes) or np.nan])


def _gap(excerpt: Excerpt) -> Reals:
    return _mean(np.diff(excerpt.notes[:, 0]) / TICKS)


def _mean(values: Reals | Longs) -> Reals:
    return np.array([values.mean() if len(values) else np.nan])


def _lengths(excerpt: Excerpt) -> Longs:
    """Return which of the twelve lengths each note is nearest to."""
    return np.asarray(np.abs(excerpt.notes[:, 3, None] - _LENGTHS * excerpt.bar).argmin(1))


def _note_lengths(excerpt: Excerpt) -> Reals:
    counts = np.bincount(_lengths(excerpt), minlength=12)
    return np.asarray(counts / (counts.sum() or np.nan))


def _note_length_moves(excerpt: Excerpt) -> Reals:
    found, lengths = np.zeros((12, 12)), _lengths(excerpt)
    np.add.at(found, (lengths[:-1], lengths[1:]), 1)
    return found if len(lengths) > 1 else np.full((12, 12), np.nan)


FEATURES: Final = (
    Feature("pitch count", "How many different pitches there are.", _pitch_count),
    Feature(
        "pitch class histogram", "How long each pitch class sounds, as shares.", _pitch_classes
    ),
    Feature(
        "pitch class transitions", "How often one pitch class leads to another.", _pitch_class_moves
    ),
    Feature("pitch range", "Semitones from the lowest note to the highest.", _pitch_range),
    Feature("average pitch interval", "Semitones from each note to the next.", _interval),
    Feature("note count", "How many notes there are.", _note_count),
    Feature("average inter-onset interval", "Beats from each onset to the next.", _gap),
    Feature(
        "note length histogram",
        "How many notes have each of twelve lengths, as shares.",
        _note_lengths,
    ),
    Feature("note length transitions", "How often one length follows another.", _note_length_moves),
)
