"""Music whose figures are known by thought."""

from collections.abc import Sequence

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import Excerpt


def line(
    pitches: Sequence[int], beats: float = 1.0, start: float = 0.0, hold: float = 1.0
) -> Longs:
    """Return notes one after the other, each `beats` long, of which `hold` sounds."""
    onsets = (start + beats * np.arange(len(pitches))) * TICKS
    length = np.full(len(pitches), beats * hold * TICKS)
    return np.column_stack((onsets, pitches, np.full(len(pitches), 80), length)).astype(np.int64)


def chord(pitches: Sequence[int], start: float, beats: float) -> Longs:
    """Return notes at once; start, beats: in beats."""
    return np.array([(start * TICKS, pitch, 80, beats * TICKS) for pitch in pitches], np.int64)


def excerpt(*parts: Longs, beats: float = 4.0) -> Excerpt:
    return Excerpt(np.concatenate(parts) if parts else np.zeros((0, 4), np.int64), beats)


TUNE = (60, 62, 64, 67, 65, 69, 71, 62, 74, 72, 65, 71, 67, 60, 64, 61)
"""Sixteen notes, no run of four intervals of which comes twice."""


def canon(times: int) -> Excerpt:
    """Return the same four bars so many times, each time a tone higher."""
    return excerpt(line([pitch + 2 * turn for turn in range(times) for pitch in TUNE]))


def scale(notes: int = 64) -> Excerpt:
    """Return chromatic steps up and down in quarters."""
    up = list(range(48, 80))
    return excerpt(line([(up + up[::-1])[n % 64] for n in range(notes)]))


def noise(notes: int, seed: int = 1) -> Excerpt:
    """Return notes anywhere."""
    random = np.random.default_rng(seed)
    high = (notes * 12, 88, 100, 96)
    return excerpt(
        np.stack([random.integers(0, one, notes) for one in high], 1) + np.array((0, 21, 10, 1))
    )
