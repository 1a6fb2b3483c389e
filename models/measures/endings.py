"""Endings: whether the last thing that is played sounds like one.

They say something of whole pieces and answers; what was cut does not end.
"""

from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import COMPOUND, Excerpt
from models.measures.keys import best_keys, scale, tonic
from models.measures.measure import Measure

NEAR: Final = 1
"""Ticks beside a beat that still are on it."""
BEFORE: Final = 16
"""Beats before the end that say what key it is in."""


def on_beat(excerpt: Excerpt) -> float:
    """Return 1 where the last onset is on a beat, otherwise 0."""
    return _on(excerpt, excerpt.pulse)


def on_strong_beat(excerpt: Excerpt) -> float:
    """Return 1 where the last onset begins a bar, or the second half of one of 4/4, 6/8 and more; otherwise 0."""
    beats, rest = divmod(excerpt.bar, excerpt.pulse)
    halves = not rest and beats % 2 == 0 and (beats >= 4 or excerpt.pulse == COMPOUND)
    return _on(excerpt, excerpt.bar // 2 if halves else excerpt.bar)


def in_key(excerpt: Excerpt) -> float:
    """Return 1 where the last chord has notes of its key alone, otherwise 0."""
    key = _key(excerpt)
    return float(set((_last(excerpt)[:, 1] % 12).tolist()) <= scale(key)) if key >= 0 else np.nan


def on_tonic(excerpt: Excerpt) -> float:
    """Return 1 where the lowest note of the last chord is the tonic of its key, otherwise 0."""
    key = _key(excerpt)
    return float(int(_last(excerpt)[:, 1].min()) % 12 == tonic(key)) if key >= 0 else np.nan


def last_length(excerpt: Excerpt) -> float:
    """Return how long the last chord sounds, in beats."""
    notes = excerpt.notes
    return (excerpt.end - int(notes[-1, 0])) / TICKS if len(notes) else np.nan


def _on(excerpt: Excerpt, period: int) -> float:
    if not len(excerpt.notes):
        return np.nan
    beside = int(excerpt.notes[-1, 0]) % period
    return float(min(beside, period - beside) <= NEAR)


def _last(excerpt: Excerpt) -> Longs:
    """Return the notes that begin last, and those that sound on beside them."""
    onsets, ends = excerpt.notes[:, 0], excerpt.notes[:, 0] + excerpt.notes[:, 3]
    return np.asarray(excerpt.notes[(onsets == onsets[-1]) | (ends > onsets[-1] + NEAR)])


def _key(excerpt: Excerpt) -> int:
    """Return the key of the last 16 beats; -1 where there is none."""
    if not len(excerpt.notes):
        return -1
    weights = excerpt.sounding(TICKS)[-BEFORE:].sum(0, keepdims=True)
    return int(best_keys(weights)[0])


MEASURES: Final = (
    Measure("ends on a beat", "The last onset is on a beat.", "yes or no", on_beat),
    Measure(
        "ends on a strong beat",
        "The last onset is on the first beat of a bar, or the middle one of 4/4, 6/8 and more.",
        "yes or no",
        on_strong_beat,
    ),
    Measure(
        "ends in its key",
        "The last chord has notes of the key of the last 16 beats alone.",
        "yes or no",
        in_key,
    ),
    Measure(
        "ends on the tonic",
        "The lowest note of the last chord is the tonic of the last 16 beats.",
        "yes or no",
        on_tonic,
    ),
    Measure("length of the end", "How long the last chord sounds.", "beats", last_length),
)
