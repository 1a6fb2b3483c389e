"""Are the onsets of notes heard in a sound, and how late. Times are in samples unless a name says seconds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import Sound
from models.corpus.sound.notes import Notes

GAP: Final = 0.06
"""Seconds within which struck notes are one onset."""
QUIET: Final = 0.25
"""Seconds between two onsets from which there is a moment between them that nothing strikes."""
WINDOW: Final = 0.016
"""Seconds over which power is averaged; a sudden onset has half of it in the middle."""
GRAIN: Final = 0.001
"""Seconds between two averages."""
BEFORE: Final = (-0.05, -0.015)
"""Seconds from an onset in which the power before it is found."""
AFTER: Final = (-0.02, 0.1)
"""Seconds from an onset in which the highest power is looked for."""
LOW: Final = 130.0
"""Hertz below which sound counts less, so that hammers count more than strings."""
RISE: Final = 3.0
"""Decibels by which the power rises where an onset is heard."""
LEAST: Final = 1e-10
"""The power of silence."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Onsets:
    """What was heard of onsets: of how many, the share, and the same where nothing was struck.

    late: seconds after which the power of those that were heard has risen half-way, sorted.
    """

    count: int
    heard: float
    unstruck: float
    late: Numbers

    def quantile(self, share: float) -> float:
        """Return the seconds within which a share of the onsets that were heard came; NaN for none."""
        return float(np.quantile(self.late, share)) if len(self.late) else float("nan")


def onsets(excerpts: list[tuple[Sound, Notes]], rate: int) -> Onsets:
    """Listen for the onsets of the notes of sounds."""
    rises, lates, nothing = [], [], []
    for sound, notes in excerpts:
        power = _power(sound, rate)
        struck = moments(notes, rate)
        gaps = np.diff(struck)
        between = (struck[:-1] + 0.6 * gaps)[gaps > QUIET * rate]
        found = [_rise(power, at / rate) for at in struck]
        rises += [decibels for decibels, _ in found]
        lates += [late for _, late in found]
        nothing += [_rise(power, at / rate)[0] for at in between]
    heard, wrong = (np.array(each) > RISE for each in (rises, nothing))
    return Onsets(
        len(heard),
        float(heard.mean()) if len(heard) else float("nan"),
        float(wrong.mean()) if len(wrong) else float("nan"),
        np.sort(np.array(lates, np.float64)[heard]),
    )


def moments(notes: Notes, rate: int) -> NDArray[np.int64]:
    """Return when something is struck; what is struck soon after belongs to it."""
    found: list[int] = []
    for at in notes[:, 0].tolist():
        if not found or at - found[-1] >= GAP * rate:
            found.append(at)
    return np.array(found, np.int64)


def _power(sound: Sound, rate: int) -> Numbers:
    """Return the power every GRAIN seconds, from 0.1 s before the sound to 0.1 s after it."""
    padded = np.pad(sound.astype(np.float64), round(0.1 * rate))
    bright = padded[1:] - np.exp(-2.0 * np.pi * LOW / rate) * padded[:-1]
    window = np.hanning(round(WINDOW * rate) + 2)[1:-1]
    power = np.convolve(bright**2, window / window.sum(), "same")
    places = np.arange(0, len(power) - 1, GRAIN * rate)
    averages: Numbers = np.interp(places, np.arange(len(power)), power) + LEAST
    return averages


def _rise(power: Numbers, seconds: float) -> tuple[float, float]:
    """Return by how many decibels the power rises at a time, and after how many seconds half-way."""
    at = round((seconds + 0.1) / GRAIN)
    first, last = (at + round(edge / GRAIN) for edge in AFTER)
    low, high = (max(at + round(edge / GRAIN), 0) for edge in BEFORE)
    before = float(np.median(power[low:high]))
    inside = power[first : last + 1]
    top = int(inside.argmax())
    half = (float(inside[top]) + before) / 2.0
    below = np.flatnonzero(inside[:top] < half)
    crossed = int(below[-1]) + 1 if len(below) else 0
    return 10.0 * float(np.log10(inside[top] / before)), AFTER[0] + crossed * GRAIN
