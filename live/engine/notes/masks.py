"""What the knobs allow, as masks on the distributions before the draw, never as repairs after it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from live.declared.knobs import NoteKnobs
from live.declared.scales import KEYS, SCALES, sharp
from live.engine.notes.sampling import Mask, Weights
from models.contract.grid import TICKS

_FADING = 2 * TICKS
_PITCHES = np.arange(128)
_STEPS = np.isin(np.abs(_PITCHES - _PITCHES[:, None]), (1, 2)).astype(np.float64)
"""A row for each pitch: which lie a step from it."""


def pitches(knobs: NoteKnobs) -> Mask:
    """Return which pitches key, scale and range allow; not to be written to."""
    return _pitches(knobs.key, knobs.scale, knobs.low, knobs.high)


def pitches_between(knobs: NoteKnobs, low: int, high: int) -> Mask:
    """Return which of them are in a range too; not to be written to."""
    return _pitches(knobs.key, knobs.scale, max(knobs.low, low), max(min(knobs.high, high), 0))


# Worked out afresh for every step, in cold caches, this took a tenth of it.
@lru_cache(64)
def _pitches(key: str, scale: str, low: int, high: int) -> Mask:
    inside = np.isin((_PITCHES - KEYS.index(sharp(key))) % 12, SCALES[scale])
    inside[:low] = False
    inside[high + 1 :] = False
    inside.setflags(write=False)
    return np.asarray(inside)


def touch(velocity: float, spread: float, velocities: Weights) -> Weights | float:
    """Return the preference for velocities round the middle that was asked for, as added log weights.

    velocities: that the classes stand for. 0 where any will do.
    """
    if spread >= 127:
        return 0.0
    preference = -0.5 * ((velocities - velocity) / spread) ** 2
    preference.setflags(write=False)
    return np.asarray(preference)


def fresh(struck: Iterable[tuple[int, int]], onset: int, variety: float) -> Weights | float:
    """Return the reluctance to strike again what was struck just before, as added log weights.

    struck: ticks and pitches. Each strike counts half as much after every two beats.
    """
    if not variety:
        return 0.0
    reluctance = np.zeros(len(_PITCHES))
    for at, pitch in struck:
        if at < onset:
            reluctance[pitch] -= variety * 0.5 ** ((onset - at) / _FADING)
    return reluctance


def line(top: Sequence[int], leaning: float) -> Weights | float:
    """Return the preference for a step from the last pitch of a top line, as added log weights."""
    return leaning * _STEPS[top[-1]] if leaning and top else 0.0
