"""Is the pitch of each note found in a sound, right after its onset.

The same is asked of real sound, and of pitches that were not struck: what is found there is the
reference, and chance. Times are in samples unless a name says seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import KEYS, LOWEST, Sound
from models.corpus.sound.notes import Notes

PARTIALS: Final = 4
"""How many partials of a note are looked at, each counting half as much as the one below it."""
CYCLES: Final = 30
"""Cycles of a partial in a window: then pitches two semitones apart are two peaks."""
WINDOW: Final = (0.06, 0.25)
"""Seconds of sound after an onset, and before it, that are looked at, at least and at most."""
NEAR: Final = 0.35
"""Semitones that a partial may be off; pianos are tuned wider than their strings."""
BESIDE: Final = (0.8, 1.6)
"""Semitones, up and down, between which lies what a partial must stand out from."""
QUIET: Final = 1e-9
"""Power below which nothing is heard, relative to a sine at full scale."""
RANGE: Final = (-10.0, 30.0)
"""Decibels that one partial may count."""
CHANCE: Final = 0.05
"""The share of wrong pitches that are found in real sound, which sets the threshold."""
WRONG: Final = (2, 6)
"""Semitones between a note and the wrong pitch that is asked for in its place."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Pitches:
    """What was found of notes in sounds.

    found: the share of the notes whose pitch rises at their onset and stands out. wrong: the same
    share of pitches that were not struck.
    """

    notes: int
    found: float
    wrong: float


Excerpt = tuple[Sound, Notes]
"""A sound and its notes, counted from its beginning."""


def threshold_of(real: Sequence[Excerpt], rate: int) -> float:
    """Return the score above which CHANCE of the wrong pitches lie in real sound."""
    asked = [scores(sound, rate, wrong_notes(notes, rate)) for sound, notes in real]
    return float(np.quantile(np.concatenate(asked), 1.0 - CHANCE))


def pitches(excerpts: Sequence[Excerpt], rate: int, threshold: float) -> Pitches:
    """Return how many pitches are found in sounds, those of their notes and others."""
    right = [scores(sound, rate, notes) for sound, notes in excerpts]
    wrong = [scores(sound, rate, wrong_notes(notes, rate)) for sound, notes in excerpts]
    found, chance = (float((np.concatenate(each) > threshold).mean()) for each in (right, wrong))
    return Pitches(sum(map(len, right)), found, chance)


def wrong_notes(notes: Notes, rate: int) -> Notes:
    """Return notes at the same times with pitches nearby that do not sound then."""
    rng = np.random.default_rng(1)
    low, high = WRONG
    steps = np.array([*range(-high, -low + 1), *range(low, high + 1)])
    moved = []
    margin = round(WINDOW[1] * rate)
    for row in notes:
        onset = row[0]
        around = notes[(notes[:, 0] < onset + margin) & (notes[:, 1] > onset - margin)]
        pitches = row[2] + steps
        on_keyboard = (pitches >= LOWEST) & (pitches < LOWEST + KEYS)
        free = pitches[on_keyboard & ~np.isin(pitches, around[:, 2])]
        if len(free):
            moved.append((onset, row[1], rng.choice(free), row[3]))
    return np.array(moved, np.int64).reshape(-1, 4)


def scores(sound: Sound, rate: int, notes: Notes) -> Numbers:
    """Return for each note by how many decibels its partials rise at its onset and stand out."""
    room = round((WINDOW[1] + 0.01) * rate)
    padded = np.pad(sound.astype(np.float64), room)
    return np.array([_score(padded, rate, int(n[0]) + room, int(n[2])) for n in notes])


def _score(sound: Numbers, rate: int, onset: int, pitch: int) -> float:
    first = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    seconds = float(np.clip(CYCLES / first, *WINDOW))
    length = round(seconds * rate)
    # The hammer's noise comes first.
    begin = onset + round(0.005 * rate)
    before, after = _power(sound[onset - length : onset]), _power(sound[begin : begin + length])
    # The fundamental itself, unless the window is too short for it.
    lowest = int(np.ceil(CYCLES / seconds / first - 1e-6))
    numbers = [n for n in range(lowest, lowest + PARTIALS) if n * first < 0.45 * rate]
    bins = 2.0 * (len(after) - 1) / rate
    gains = [_partial(before, after, n * first * bins) for n in numbers or [1]]
    return float(np.average(gains, weights=0.5 ** np.arange(len(gains))))


def _partial(before: Numbers, after: Numbers, place: float) -> float:
    """Return by how many decibels a partial at a bin rises and stands out, whichever is less."""
    peak = slice(*_bins(place, -NEAR, NEAR))
    beside = np.concatenate(
        [after[slice(*_bins(place, sign * BESIDE[0], sign * BESIDE[1]))] for sign in (-1, 1)]
    )
    here = after[peak].max(initial=0.0) + QUIET
    rise = 10.0 * np.log10(here / (before[peak].max(initial=0.0) + QUIET))
    out = 10.0 * np.log10(here / (beside.mean() + QUIET))
    return float(np.clip(min(rise, out), *RANGE))


def _bins(place: float, one: float, other: float) -> tuple[int, int]:
    low, high = sorted((place * 2.0 ** (one / 12.0), place * 2.0 ** (other / 12.0)))
    return int(np.floor(low)), int(np.ceil(high)) + 1


def _power(sound: Numbers) -> Numbers:
    """Return the power spectrum of a window, a sine at full scale having a peak of 1."""
    window = np.hanning(len(sound) + 2)[1:-1]
    spectrum = np.fft.rfft(sound * window, 4 << (len(sound) - 1).bit_length())
    power: Numbers = np.abs(spectrum / window.sum() * 2.0) ** 2
    return power
