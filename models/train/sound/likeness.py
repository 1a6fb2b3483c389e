"""How alike two sounds are to the ear, roughly: distances between their spectra, in decibels."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import Sound

FRAME: Final = 0.064
"""Seconds of a frame, about: a power of two samples; the next begins a quarter of it later."""
BANDS: Final = 64
"""Bands of hearing (mel), as many as there are between the lowest and the highest."""
LOWEST: Final = 40.0
"""Hertz at which the lowest band begins."""
FLOOR: Final = 1e-8
"""Power in a band under which nothing is heard: 80 dB below a sine at full scale."""

Numbers = NDArray[np.float64]


def frame_distance(one: Sound, other: Sound, rate: int) -> float:
    """Return decibels between two sounds, frame by frame: what sounds at the same time.

    In each frame the root of the mean square over the bands; of all frames the mean. The longer
    sound is cut.
    """
    length = min(len(one), len(other))
    first, second = (_decibels(bands(sound[:length], rate)) for sound in (one, other))
    return float(np.sqrt(((first - second) ** 2).mean(1)).mean())


def average_distance(one: Sound, other: Sound, rate: int) -> float:
    """Return decibels between the average spectra of two sounds: their tone, whatever they play."""
    first, second = (_decibels(bands(sound, rate).mean(0)) for sound in (one, other))
    return float(np.sqrt(((first - second) ** 2).mean()))


def bands(sound: Sound, rate: int) -> Numbers:
    """Return power by frame and band, (frames, BANDS), a sine at full scale having about 1."""
    length = 1 << round(np.log2(FRAME * rate))
    padded = np.pad(sound.astype(np.float64), (0, length))
    slices = np.lib.stride_tricks.sliding_window_view(padded, length)[:: length // 4]
    window = np.hanning(length + 1)[:-1]
    spectrum = np.fft.rfft(slices * window, axis=1) / window.sum() * 2.0
    power: Numbers = np.abs(spectrum) ** 2 @ _filters(length, rate)
    return power


@cache
def _filters(length: int, rate: int) -> Numbers:
    """Return triangles that overlap, evenly spaced on the mel scale, (bins, BANDS)."""
    top = 2595.0 * np.log10(1.0 + 0.5 * rate / 700.0)
    bottom = 2595.0 * np.log10(1.0 + LOWEST / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(bottom, top, BANDS + 2) / 2595.0) - 1.0)
    bins = np.arange(length // 2 + 1)[:, None] * (rate / length)
    # A band is never narrower than a bin, or nothing would fall into it.
    width = np.maximum(np.diff(edges), rate / length)
    rising = 1.0 - (edges[1:-1] - bins) / width[:-1]
    falling = 1.0 - (bins - edges[1:-1]) / width[1:]
    filters: Numbers = np.clip(np.minimum(rising, falling), 0.0, None)
    return filters


def _decibels(power: Numbers) -> Numbers:
    return 10.0 * np.log10(np.maximum(power, FLOOR))
