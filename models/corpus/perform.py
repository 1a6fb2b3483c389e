"""Scores made to sound a little as if someone played them: timing, articulation and touch.

All of it is a rule, not a recording: it teaches a model not to be surprised by a person, and it
teaches no one's touch. Onsets stay on the grid of 24 a beat.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.grid import BEATS, CHORD_SECONDS, TICKS
from models.corpus.pieces import Ints, Longs

STRICT = 0.5
"""The share of windows that stay exactly on the grid."""
EXACT = 0.4
"""The share of windows whose durations stay as written."""
DYNAMICS = 3
"""From so many different velocities on, a score's own dynamics are kept."""


def perform(notes: Longs, bars: Ints, rng: Generator) -> Longs:
    """Return notes as if played, sorted by onset, instrument and pitch.

    notes: int64 (n, 4), onset, pitch, velocity and duration, or (n, 5) with an instrument each; sorted so, too.
    """
    played = notes.copy()
    played[:, 2] = touch(notes, bars, rng)
    played[:, 3] = articulate(notes[:, 3], rng)
    if rng.random() >= STRICT:
        played[:, 0] = loosen(notes[:, 0], rng)
    return played[np.lexsort((played[:, 1], *played.T[4:], played[:, 0]))]


def loosen(onsets: Longs, rng: Generator) -> Longs:
    """Return onsets a little off the grid: each chord as a whole, and less so its notes.

    What falls within 35 ms, at a random tempo, is one chord, as it is on stage.
    """
    chords, of = np.unique(onsets, return_inverse=True)
    chord_shift = rng.normal(0.0, rng.uniform(0.15, 0.6), len(chords))
    note_shift = np.abs(rng.normal(0.0, rng.uniform(0.0, 0.4), len(onsets)))
    moved = np.maximum.accumulate(chords + chord_shift)[of] + note_shift
    beats_per_minute = rng.uniform(60.0, 170.0)
    near = CHORD_SECONDS * beats_per_minute / 60.0 * TICKS
    return join_chords(np.maximum(np.rint(moved), 0).astype(np.int64), near)


def join_chords(onsets: Longs, near: float) -> Longs:
    """Return onsets where what lies less than `near` ticks after a chord's first joins it."""
    ticks, of = np.unique(onsets, return_inverse=True)
    joined = ticks.copy()
    first = ticks[0]
    for index, tick in enumerate(ticks):
        if tick - first >= near:
            first = tick
        joined[index] = first
    return np.asarray(joined[of])


def articulate(durations: Longs, rng: Generator) -> Longs:
    """Return durations as written, or shorter and uneven, by one manner for the whole window."""
    if rng.random() < EXACT:
        return durations
    manner, spread = rng.uniform(0.5, 1.05), rng.uniform(0.0, 0.2)
    factors = manner * np.exp(rng.normal(0.0, spread, len(durations)))
    return np.maximum(np.rint(durations * factors), 1).astype(np.int64)


def touch(notes: Longs, bars: Ints, rng: Generator) -> Longs:
    """Return velocities: the score's own dynamics if it has any, or else a plausible touch.

    The rule: a centre, a phrase that swells and fades, a slow drift, a louder top voice, lighter
    inner voices, metrical accents and small unevenness, each by a random amount.
    """
    count = len(notes)
    noise = rng.normal(0.0, rng.uniform(0.5, 4.0), count)
    if len(np.unique(notes[:, 2])) >= DYNAMICS:
        return _velocities(notes[:, 2] + rng.uniform(-12.0, 12.0) + noise)
    onsets, pitches = notes[:, 0], notes[:, 1]
    period = TICKS * rng.uniform(8.0, 32.0)
    arc = rng.uniform(0.0, 10.0) * np.sin(2 * np.pi * (onsets / period + rng.random()))
    drift = np.cumsum(rng.normal(0.0, rng.uniform(0.0, 0.7), count))
    high = pitches >= np.median(pitches)
    top = np.append(onsets[1:] != onsets[:-1], True) & high
    bottom = np.append(True, onsets[1:] != onsets[:-1]) & ~high
    voices = rng.uniform(2.0, 14.0) * top + rng.uniform(0.0, 6.0) * bottom
    place = places(onsets, bars)
    on_beat = place[:, 1] == 0
    accents = (
        rng.uniform(0.0, 8.0) * (on_beat & (place[:, 0] == 0)) + rng.uniform(0.0, 4.0) * on_beat
    )
    return _velocities(rng.uniform(42.0, 88.0) + arc + drift + voices + accents + noise)


def places(ticks: Longs, bars: Ints) -> Longs:
    """Return the places (n, 3) of ticks, each as `models.contract.grid.place` gives it."""
    row = np.maximum(np.searchsorted(bars[:, 0], ticks, side="right") - 1, 0)
    metre = bars[row, 1].astype(np.int64)
    inside = ticks - bars[row, 0]
    inside = np.where(metre > 0, inside % np.maximum(metre * TICKS // 2, 1), inside)
    return np.stack((np.clip(inside // TICKS, 0, BEATS - 1), inside % TICKS, metre), 1)


def _velocities(values: NDArray[np.float64]) -> Longs:
    return np.clip(np.rint(values), 6, 127).astype(np.int64)
