"""From the network's rate to the device's, as it goes: a bank of windowed sincs.

A resampling library's stream is made for files: soxr 1.1 holds back 15 ms from 16 kHz on, or gives out
bursts of 20 to 58 ms. This one holds back `HALF` samples and no more; the tests hold it to soxr's sound.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.contract.samples import Sound

HALF = 20
"""Samples on either side that one is made from, at the lower of the two rates: 1.25 ms at 16 kHz."""
_BETA = 7.0
"""The Kaiser window's: 70 dB between what passes and what does not."""
_PASS = 0.91
"""Where the filter is half down, as a share of the lower rate's limit: above it nothing comes back."""


class Resampler:
    """Turns samples at one rate into samples at another, block by block, whatever their lengths.

    What comes out at second t is what went in at second t; between equal rates nothing is touched.
    delay: seconds that a sample waits until what is made of it has come out. Threads: one.
    """

    def __init__(self, rate: int, to: int) -> None:
        common = math.gcd(rate, to)
        self.rate, self.to = rate, to
        self._up, self._down = to // common, rate // common
        narrow = min(1.0, to / rate)
        self._half = math.ceil(HALF / narrow)
        self._bank = _bank(self._up, self._half, narrow)
        self.delay = self._half / rate if rate != to else 0.0
        self._past = np.zeros(self._half - 1, np.float32)
        self._next = 0
        """How many parts of a sample after the first that has enough on either side the next one lies."""

    def __call__(self, block: Sound) -> Sound:
        """Return what can be made now that `block` is there too."""
        if self.rate == self.to:
            return block
        known = np.concatenate((self._past, block))
        middles = len(known) - 2 * self._half + 1
        count = max(-(-(middles * self._up - self._next) // self._down), 0)
        places = self._next + self._down * np.arange(count)
        whole, part = np.divmod(places, self._up)
        windows = sliding_window_view(known, 2 * self._half)[whole] if count else known[:0, None]
        made: Sound = np.einsum("ij,ij->i", windows, self._bank[part])
        over = max(middles, 0)
        self._next += count * self._down - over * self._up
        self._past = known[over:]
        return made

    def rest(self) -> Sound:
        """Return what is still to come of what went in, as silence follows."""
        return self(np.zeros(round(self.delay * self.rate), np.float32))


def _bank(up: int, half: int, narrow: float) -> Sound:
    """Return the weights, one row for each place between two samples: float32 (up, 2 * half)."""
    away = np.arange(1 - half, half + 1)[None] - np.arange(up)[:, None] / up
    pass_ = narrow * _PASS
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (away / half) ** 2, 0))) / np.i0(_BETA)
    weights = pass_ * np.sinc(pass_ * away) * window
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
