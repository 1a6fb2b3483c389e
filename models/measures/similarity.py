"""Self-similarity: how alike the bars of music are, and how much of it its best stretch explains."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt, Reals

KEPT: Final = 0.25
"""The share of a self-similarity matrix that counts as alike; all else costs `COST`."""
COST: Final = -2.0
LONGEST: Final = 1024
"""Beats of music that are looked at."""
SMOOTHED: Final = 4
"""Beats over which alikeness is averaged, as both go on."""


def bar_chroma(excerpt: Excerpt) -> Reals:
    """Return how long each pitch class sounds in each bar, from the first with notes on (bars, 12)."""
    found = np.zeros((len(excerpt.bars), 12))
    sounding = excerpt.sounding(excerpt.bar)[excerpt.first_bar :][: len(found)]
    found[: len(sounding)] = sounding
    return found


def bar_rhythm(excerpt: Excerpt) -> Reals:
    """Return where anything begins in each bar, from the first with notes on (bars, ticks in a bar)."""
    found = np.zeros((len(excerpt.bars), excerpt.bar))
    for row, bar in zip(found, excerpt.bars, strict=True):
        row[bar[:, 0]] = 1.0
    return found


def alike(one: Reals, other: Reals) -> Reals:
    """Return the cosine of each row of one with each of the other; 0 where a row is empty."""
    return np.asarray(_unit(one) @ _unit(other).T)


def after(bars: Reals, lag: int) -> float:
    """Return the mean cosine of bars with those `lag` bars on, where both have notes; nan where none have."""
    one, other = bars[:-lag], bars[lag:]
    both = one.any(1) & other.any(1)
    return float((_unit(one[both]) * _unit(other[both])).sum(1).mean()) if both.any() else np.nan


def _unit(rows: Reals) -> Reals:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


@lru_cache(maxsize=2)
def enhanced(excerpt: Excerpt) -> Reals:
    """Return how alike the beats of music are, in any transposition: 0 to 1, or `COST` for most (beats, beats).

    After Mueller, Grosche and Jiang (2011), as Wu and Yang (2020) set it: averaged along diagonals, the best
    of 12 transpositions, of which a quarter is kept.
    """
    beats = excerpt.sounding(TICKS)[:LONGEST]
    found = np.zeros((len(beats), len(beats)))
    for shift in range(12):
        found = np.maximum(found, _along(alike(beats, np.roll(beats, shift, 1))))
    if not found.size:
        return found
    least = float(np.quantile(found, 1 - KEPT))
    kept = (found - least) / (1.0 - least) if least < 1.0 else np.ones_like(found)
    kept = np.where(found >= least, np.minimum(kept, 1.0), COST)
    np.fill_diagonal(kept, 1.0)
    return np.asarray(kept)


def _along(matrix: Reals) -> Reals:
    """Return the mean of the next `SMOOTHED` places along each diagonal, or of those that are left."""
    total, count = matrix.copy(), np.ones_like(matrix)
    for step in range(1, min(SMOOTHED, len(matrix))):
        total[:-step, :-step] += matrix[step:, step:]
        count[:-step, :-step] += 1
    return np.asarray(total / count)


def fitness(matrix: Reals, length: int) -> float:
    """Return how much of the music its best stretch of `length` beats explains, 0 to 1 (Mueller's fitness).

    A stretch explains what runs parallel to it; tempo is strict, so its paths are straight and of its length.
    The harmonic mean of how alike they are and how much they cover, both without the stretch itself.
    """
    beats = len(matrix)
    starts = beats - length + 1
    if starts < 1:
        return np.nan
    sums = np.zeros((beats + 1, beats + 1))
    for row in range(beats):
        sums[row + 1, 1:] = sums[row, :-1] + matrix[row]
    scores = sums[length:, length:] - sums[:starts, :starts]
    # The best choice of paths that do not overlap, for all stretches at once.
    best, paths = np.zeros((beats + 1, starts)), np.zeros((beats + 1, starts))
    for end in range(1, beats + 1):
        best[end], paths[end] = best[end - 1], paths[end - 1]
        if end >= length:
            taken = best[end - length] + scores[end - length]
            better = taken > best[end]
            best[end] = np.where(better, taken, best[end])
            paths[end] = np.where(better, paths[end - length] + 1, paths[end])
    covered = paths[-1] * length
    alike_ = np.maximum(best[-1] - length, 0) / np.maximum(covered, 1)
    covers = np.maximum(covered - length, 0) / beats
    both = alike_ + covers
    return float((2 * alike_ * covers / np.where(both > 0, both, 1)).max())


def explained(excerpt: Excerpt, lengths: Sequence[int]) -> float:
    """Return the best fitness of stretches of these lengths (beats); nan where the music is shorter than all."""
    matrix = enhanced(excerpt)
    found = [fitness(matrix, length) for length in lengths if length <= len(matrix)]
    return max(found, default=np.nan)
