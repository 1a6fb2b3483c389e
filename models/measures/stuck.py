"""Stretches of 32 beats in which music is stuck: in slow thick chords, or in the same beats over and over."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt, Flags

STRETCH: Final = 32
"""Beats of a stretch; one begins on each beat."""
SLOW: Final = 0.75
"""Onsets a beat at most."""
THICK: Final = 2.5
"""Notes an onset at least."""
PERIODS: Final = 8
"""Beats at most of what is played over and over."""


def slow_chords(excerpt: Excerpt) -> Flags:
    """Return which stretches have three onsets in four beats at most, of 2.5 notes and more; none if too short."""
    onsets = _in_stretches(_beats_of(excerpt, excerpt.onsets))
    notes = _in_stretches(_beats_of(excerpt, excerpt.notes[:, 0]))
    return np.asarray((onsets <= SLOW * STRETCH) & (notes >= THICK * onsets) & (onsets > 0))


def loops(excerpt: Excerpt) -> Flags:
    """Return which stretches are the same one to eight beats over and over, or nothing; none if too short."""
    cells = _cells(excerpt)
    count = max(len(cells) - STRETCH + 1, 0)
    stuck = np.zeros(count, np.bool_)
    for period in range(1, PERIODS + 1):
        same = np.array([a == b for a, b in zip(cells, cells[period:], strict=False)], np.int64)
        held = np.concatenate(([0], np.cumsum(same)))
        within = STRETCH - period
        stuck |= held[within : within + count] - held[:count] == within
    return stuck


def _beats_of(excerpt: Excerpt, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of these ticks lie in each beat."""
    return np.bincount(ticks // TICKS, minlength=-(-excerpt.end // TICKS))


def _in_stretches(beats: NDArray[np.int64]) -> NDArray[np.int64]:
    sums = np.concatenate(([0], np.cumsum(beats)))
    return np.asarray(sums[STRETCH:] - sums[:-STRETCH])


def _cells(excerpt: Excerpt) -> list[bytes]:
    """Return what begins in each beat: places and pitches."""
    if not len(excerpt.notes):
        return []
    rows = np.column_stack((excerpt.snapped, excerpt.notes[:, 1]))
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    cuts = np.searchsorted(rows[:, 0], np.arange(TICKS, excerpt.end, TICKS))
    rows[:, 0] %= TICKS
    return [part.tobytes() for part in np.split(rows, cuts)]


def share(flags: Flags) -> float:
    """Return the share of stretches that are stuck; nan where there are none."""
    return float(flags.mean()) if len(flags) else np.nan
