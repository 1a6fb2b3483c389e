"""Classes of ticks: how long ago the last onset was, and how long a note lasts."""

from bisect import bisect_left
from typing import Final

import numpy as np
from numpy.typing import NDArray

TIMES: Final = (
    *range(49),
    *range(54, 97, 6),
    *range(108, 193, 12),
    *range(216, 385, 24),
    480,
    576,
    768,
)
"""Ticks since the last onset, one for each class."""

DURATIONS: Final = (
    *range(1, 13),
    *(14, 16, 18, 20, 22, 24, 28, 30, 32, 36, 42, 48, 54, 60, 66, 72, 84, 96),
    *(108, 120, 144, 168, 192, 240, 288, 384),
)
"""Ticks that a note lasts, one for each class."""

HELD: Final = len(DURATIONS)
"""The duration of a note whose key is still down: goes in, is never drawn."""


def nearest(values: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the entry of the rising `table` that is nearest to each value."""
    right = np.clip(np.searchsorted(table, values), 1, len(table) - 1)
    return np.asarray(right - (values - table[right - 1] <= table[right] - values), np.int64)


def time_code(ticks: int) -> int:
    """Return the class of a gap of so many ticks."""
    return _nearest(ticks, TIMES)


def duration_code(ticks: int) -> int:
    """Return the class of a duration in ticks; 0 ticks is HELD."""
    return HELD if ticks <= 0 else _nearest(ticks, DURATIONS)


def _nearest(ticks: int, table: tuple[int, ...]) -> int:
    # As `nearest` does it; for one value, and in the middle of a performance, without numpy.
    right = min(max(bisect_left(table, ticks), 1), len(table) - 1)
    return right - (ticks - table[right - 1] <= table[right] - ticks)
