"""Runs of numbers, such as the intervals of a line: hashed, so that equal ones are found."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.pieces import Longs

Hashes = NDArray[np.uint64]
_BASE: Final = np.array([0x9E3779B97F4A7C15], np.uint64)


def runs(values: Longs, length: int) -> Hashes:
    """Return a hash of each run of `length` values; none where there are fewer values or no length."""
    if len(values) < length or length < 1:
        return np.zeros(0, np.uint64)
    # A run of 2 n is two of n beside each other: powers of two, joined as `length` is written.
    run = (values.astype(np.uint64) + np.uint64(1)) * _BASE
    joined, size = run[:0], 0
    factor, width = _BASE, 1
    while True:
        if length & width:
            shifted = run[size:]
            joined = joined[: len(shifted)] * factor + shifted if size else run
            size += width
        if size == length:
            return np.asarray(joined)
        run = run[:-width] * factor + run[width:]
        factor, width = factor * factor, width * 2


def again(hashes: Hashes) -> float:
    """Return the share of runs that were there before; nan where there are none."""
    return 1.0 - len(np.unique(hashes)) / len(hashes) if len(hashes) else np.nan


def longest_shared(one: Longs, other: Longs) -> int:
    """Return how many values the longest run has that stands in both."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        found = np.isin(runs(one, middle), runs(other, middle)).any()
        low, high = (middle, high) if found else (low, middle - 1)
    return low
