"""Form: what comes back in music, in which bars, and how it goes on and rests."""

from collections.abc import Callable
from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Longs, top_of
from models.measures import stuck
from models.measures.excerpt import Excerpt, Reals
from models.measures.keys import best_keys
from models.measures.measure import Measure
from models.measures.runs import again, runs
from models.measures.similarity import after, bar_chroma, bar_rhythm, explained

LENGTHS: Final = (4, 6, 8, 12, 16)
"""Intervals of the runs that are looked for again."""
LAGS: Final = (1, 2, 4, 8)
"""Bars from one bar to another that it is held against."""
SCALES: Final = {"short": (6, 8, 12, 16), "middle": (16, 20, 24, 30), "long": (32, 48, 64, 96)}
"""Beats of stretches that may explain music: 3 to 8, 8 to 15 and more seconds at 120 beats a minute."""
STRETCH: Final = 16
"""Beats of a stretch that has a density and a key."""


def bars_again(excerpt: Excerpt) -> float:
    """Return the share of bars, of two onsets and more, whose top line an earlier one has: pitches and rhythm."""
    lines = [top_of(bar)[:, :2] for bar in excerpt.bars]
    bars = [line.tobytes() for line in lines if len(line) > 1]
    return 1.0 - len(set(bars)) / len(bars) if bars else np.nan


def bar_rhythms(excerpt: Excerpt) -> float:
    """Return how many different rhythms bars have, as a share of the bars that have any."""
    rhythms = [np.unique(bar[:, 0]).tobytes() for bar in excerpt.bars if len(bar)]
    return len(set(rhythms)) / len(rhythms) if rhythms else np.nan


def key_stays(excerpt: Excerpt) -> float:
    """Return the share of stretches of 16 beats that are in the key of the one before."""
    keys = best_keys(excerpt.sounding(STRETCH * TICKS))
    keys = keys[keys >= 0]
    return float((keys[1:] == keys[:-1]).mean()) if len(keys) > 1 else np.nan


def density_variation(excerpt: Excerpt) -> float:
    """Return how much the notes of stretches of 16 beats vary: their standard deviation over their mean."""
    ticks = STRETCH * TICKS
    whole = excerpt.end // ticks
    counts = np.bincount(excerpt.notes[:, 0] // ticks, minlength=whole)[:whole]
    return float(counts.std() / counts.mean()) if whole > 1 and counts.any() else np.nan


def longest_rest(notes: Longs) -> int:
    """Return the longest time that nothing sounds between two of notes (n, 4), in ticks."""
    ends = np.maximum.accumulate(notes[:, 0] + notes[:, 3])
    return int((notes[1:, 0] - ends[:-1]).max(initial=0))


def rest(excerpt: Excerpt) -> float:
    """Return the longest time that nothing sounds between two notes, in beats."""
    return longest_rest(excerpt.notes) / TICKS if len(excerpt.notes) else np.nan


def stuck_share(excerpt: Excerpt) -> float:
    """Return the share of stretches of 32 beats that are stuck in one way or another."""
    return stuck.share(stuck.slow_chords(excerpt) | stuck.loops(excerpt))


def ever_stuck(excerpt: Excerpt) -> float:
    """Return 1 where any stretch of 32 beats is stuck, otherwise 0; nan where it is too short."""
    share = stuck_share(excerpt)
    return np.nan if np.isnan(share) else float(share > 0)


def _after(what: str, of: Callable[[Excerpt], Reals], bars: int) -> Measure:
    return Measure(
        f"{what} similarity {bars} bars on",
        f"How alike bars and those {bars} on are in their {what}: mean cosine.",
        "cosine",
        lambda excerpt: after(of(excerpt), bars),
    )


def _explained(name: str, lengths: tuple[int, ...]) -> Measure:
    return Measure(
        f"structureness, {name}",
        f"How much of the music its best stretch of {lengths[0]} to {lengths[-1]} beats explains.",
        "fitness",
        lambda excerpt: explained(excerpt, lengths),
    )


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
        "Bars whose top line an earlier one has: its pitches, and its rhythm to the nearest sixteenth or triplet.",
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
    *(_after("chroma", bar_chroma, bars) for bars in LAGS),
    *(_after("rhythm", bar_rhythm, bars) for bars in LAGS),
    *(_explained(name, lengths) for name, lengths in SCALES.items()),
    Measure(
        "stuck",
        "Stretches of 32 beats in slow thick chords (three onsets in four beats at most, 2.5 notes each and more), "
        "or in the same one to eight beats over and over.",
        "share",
        stuck_share,
    ),
    Measure("is ever stuck", "There is a stretch in which it is stuck.", "yes or no", ever_stuck),
    Measure(
        "stuck in slow chords",
        "Stretches of 32 beats with three onsets in four beats at most, of 2.5 notes and more.",
        "share",
        lambda excerpt: stuck.share(stuck.slow_chords(excerpt)),
    ),
    Measure(
        "stuck in a loop",
        "Stretches of 32 beats that are the same one to eight beats over and over, or silent.",
        "share",
        lambda excerpt: stuck.share(stuck.loops(excerpt)),
    ),
    Measure(
        "key stays",
        "Stretches of 16 beats that are in the key of the one before.",
        "share",
        key_stays,
    ),
    Measure("longest rest", "The longest time that nothing sounds.", "beats", rest),
)
