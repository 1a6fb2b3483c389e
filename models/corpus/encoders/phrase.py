"""A phrase of notes that encoders may prove themselves with."""

from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Score

METRE: Final = 8
_SIXTEENTH: Final = TICKS // 4
_BARS: Final = ((60, 64, 67, 72, 76), (60, 62, 69, 74, 77))
"""The chords of the first two bars of Bach's prelude in C, BWV 846."""


def prelude() -> Score:
    """Return two bars, their held bass notes in octaves, and the downbeat after them.

    The last note before that is still held, which its duration of 0 says.
    """
    notes = []
    for bar, (low, second, *upper) in enumerate(_BARS):
        for half in range(2):
            start = (bar * 16 + half * 8) * _SIXTEENTH
            notes.append((start, low - 12, 66, 8 * _SIXTEENTH))
            notes.append((start, low, 70, 8 * _SIXTEENTH))
            notes.append((start + _SIXTEENTH, second, 62, 7 * _SIXTEENTH))
            for step, pitch in enumerate(upper * 2):
                notes.append((start + (2 + step) * _SIXTEENTH, pitch, 58 + 4 * step, _SIXTEENTH))
    notes[-1] = (*notes[-1][:3], 0)
    notes.append((32 * _SIXTEENTH, 59, 72, 8 * _SIXTEENTH))
    bars = np.array([[0, METRE]], np.int32)
    return Score.piano("prelude", np.array(sorted(notes), np.int32), bars)
