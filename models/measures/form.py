"""Form: what comes back in music, in which bars, and how it goes on and rests."""

from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt
from models.measures.measure import Measure
from models.measures.runs import again, runs

LENGTHS: Final = (4, 6, 8, 12, 16)
"""Intervals of the runs that are looked for again."""
STRETCH: Final = 16
"""Beats of a stretch whose density is counted."""


def bars_again(excerpt: Excerpt) -> float:
    """Return the share of bars, of those with two onsets at least, that are an earlier one: onsets and pitches."""
    bars = [bar[:, :2].tobytes() for bar in excerpt.bars if len(np.unique(bar[:, 0])) > 1]
    return 1.0 - len(set(bars)) / len(bars) if bars else np.nan


def bar_rhythms(excerpt: Excerpt) -> float:
    """Return how many different rhythms bars have, as a share of the bars that have any."""
    rhythms = [np.unique(bar[:, 0]).tobytes() for bar in excerpt.bars if len(bar)]
    return len(set(rhythms)) / len(rhythms) if rhythms else np.nan


def density_variation(excerpt: Excerpt) -> float:
    """Return how much the notes of stretches of 16 beats vary: their standard deviation over their mean."""
    ticks = STRETCH * TICKS
    whole = excerpt.end // ticks
    counts = np.bincount(excerpt.notes[:, 0] // ticks, minlength=whole)[:whole]
    return float(counts.std() / counts.mean()) if whole > 1 and counts.any() else np.nan


def longest_rest(excerpt: Excerpt) -> float:
    """Return the longest time that nothing sounds between two notes, in beats."""
    notes = excerpt.notes
    if not len(notes):
        return np.nan
    ends = np.maximum.accumulate(notes[:, 0] + notes[:, 3])
    return float((notes[1:, 0] - ends[:-1]).max(initial=0)) / TICKS


def _runs(length: int) -> Measure:
    return Measure(
        f"{length}-runs that come back",
        f"Runs of {length} intervals of the top line that were there before, in any key.",
        "share",
        lambda excerpt: again(runs(excerpt.intervals, length)),
    )


MEASURES: Final = (
    *(_runs(length) for length in LENGTHS),
    Measure(
        "bars that return",
        "Bars that are an earlier one, with onsets (to the nearest sixteenth or triplet) and pitches.",
        "share",
        bars_again,
    ),
    Measure(
        "distinct rhythms of bars",
        "Different rhythms of bars, over the number of bars.",
        "share",
        bar_rhythms,
    ),
    Measure(
        "variation of density",
        "How unevenly notes are spread over stretches of 16 beats: standard deviation over mean.",
        "ratio",
        density_variation,
    ),
    Measure("longest rest", "The longest time that nothing sounds.", "beats", longest_rest),
)
