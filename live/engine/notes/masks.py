"""Obedience: what the knobs allow, as masks on the distributions before the draw, not repairs after it."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from live.declared.knobs import NoteKnobs
from live.declared.scales import KEYS, SCALES, sharp
from live.engine.notes.sampling import Mask, Weights, stretched
from models.contract.performance import (
    DURATIONS,
    PITCHES,
    TICKS,
    TIMES,
    VELOCITIES,
    velocity_of,
)

GAPS = np.array(TIMES)
_SPANS = np.minimum(GAPS, 2 * TICKS).astype(np.float64)
_REST = 4 * TICKS
_FADING = 2 * TICKS
LENGTHS = np.array(DURATIONS)
TOUCHES = np.array([velocity_of(code) for code in range(VELOCITIES)], np.float64)
_PITCHES = np.arange(PITCHES)
_ANY_LENGTH = np.ones(len(LENGTHS), np.bool_)


def pitches(knobs: NoteKnobs) -> Mask:
    """Return which pitches key, scale and range allow; not to be written to."""
    return _pitches(knobs.key, knobs.scale, knobs.low, knobs.high)


# Worked out afresh for every event, in cold caches, this took a tenth of it.
@lru_cache(64)
def _pitches(key: str, scale: str, low: int, high: int) -> Mask:
    inside = np.isin((_PITCHES - KEYS.index(sharp(key))) % 12, SCALES[scale])
    inside[:low] = False
    inside[high + 1 :] = False
    inside.setflags(write=False)
    return np.asarray(inside)


def times(origin: int, floor: int, ceiling: int, full: bool) -> Mask:
    """Return which gaps after the tick `origin` can still be reached; ceiling -1 is none.

    full: the chord at `origin` has no room for one more note.
    """
    ticks = origin + GAPS
    allowed = ticks >= floor
    if ceiling >= 0:
        allowed &= ticks <= ceiling
    if full:
        allowed[0] = False
    return np.asarray(allowed)


def lengths(onset: int, end: int) -> Mask:
    """Return which durations of a note at `onset` are over by the tick `end` (-1: any); not to be written to."""
    if end < 0:
        return _ANY_LENGTH
    allowed = onset + LENGTHS <= end
    allowed[0] = True
    return np.asarray(allowed)


def touch(knobs: NoteKnobs) -> Weights | float:
    """Return the preference for velocities round the middle that was asked for, as added log weights."""
    return _touch(knobs.velocity, knobs.spread)


def fresh(struck: Iterable[tuple[int, int]], onset: int, variety: float) -> Weights | float:
    """Return the reluctance to strike again what was struck just before, as added log weights.

    struck: ticks and pitches. Each strike counts half as much after every two beats.
    """
    if not variety:
        return 0.0
    reluctance = np.zeros(PITCHES)
    for at, pitch in struck:
        if at < onset:
            reluctance[pitch] -= variety * 0.5 ** ((onset - at) / _FADING)
    return reluctance


@lru_cache(64)
def _touch(velocity: float, spread: float) -> Weights | float:
    if spread >= 127:
        return 0.0
    preference = -0.5 * ((TOUCHES - velocity) / spread) ** 2
    preference.setflags(write=False)
    return np.asarray(preference)


def busier(weights: Weights, density: float) -> Weights:
    """Return the gaps' distribution for onsets `density` times as often; chords stay as likely.

    A gap counts as two beats at most, and a rest is not made likelier: one of eight bars, however
    rare, would outweigh all else in the mean. And the mean goes half the way, for the music follows:
    after long gaps come long ones.
    """
    apart = weights.copy()
    apart[0] = 0.0
    if not apart.any():
        return weights
    chord = 1 - float(apart.sum() / weights.sum())
    spans = _SPANS if density > 1 else np.where(GAPS > _REST, 0.0, _SPANS)
    result = stretched(apart, spans, density**-0.5) * (1 - chord)
    result[0] = chord
    return np.asarray(result)
