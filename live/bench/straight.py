"""How far notes are off the straight line that their own times draw through the frames."""

from bisect import bisect_right
from itertools import groupby
from typing import Final

import numpy as np

Sample = tuple[float, int]
"""The seconds that a note carries, and the frame where it was."""

_FEW: Final = 4
"""A line through fewer notes than this tells nothing."""
_WINDOW: Final = 8
"""Cycles on either side of one that may have been held up."""
_STEP: Final = 1.5e-4
"""Seconds by which all later cycles come later (or earlier) once the server was held up."""


def held_up(starts: list[tuple[float, int]], rate: int) -> list[int]:
    """Return the frames at which the server was held up, so that later frames come later.

    starts: when each cycle came, in seconds, and its first frame. That is what an xrun does; a
    server without hardware does it without telling of one.
    """
    late = np.array([at - frame / rate for at, frame in starts])
    if len(late) < 2 * _WINDOW:
        return []
    least = np.lib.stride_tricks.sliding_window_view(late, _WINDOW).min(axis=1)
    moved = np.abs(least[_WINDOW:] - least[:-_WINDOW]) > _STEP
    cycles = np.flatnonzero(moved) + _WINDOW
    firsts = cycles[np.flatnonzero(np.diff(cycles, prepend=-_WINDOW) > 1)]
    return [starts[cycle][1] for cycle in firsts]


def deviations(samples: list[Sample], breaks: list[int], rate: int, settled: int) -> list[float]:
    """Return how many whole frames each note is off the line through its stretch; 0 is less than one.

    breaks: frames at which the server was held up: a new stretch begins. settled: frames on either
    side of a break whose notes are left out.
    """
    kept = [one for one in samples if all(abs(one[1] - frame) > settled for frame in breaks)]
    stretches = [
        list(group) for _, group in groupby(kept, lambda one: bisect_right(breaks, one[1]))
    ]
    return [off for one in stretches if len(one) >= _FEW for off in _off(one, rate)]


def _off(samples: list[Sample], rate: int) -> list[float]:
    times = np.array([at for at, _ in samples])
    frames = np.array([frame for _, frame in samples], np.float64)
    times, frames = times - times[0], frames - frames[0]
    # A server's frames are not exactly as long as they are called, and its first one is anywhere.
    line = np.polyfit(times, frames - times * rate, 1)
    off = frames - times * rate - np.polyval(line, times)
    return [float(value) for value in np.floor(np.abs(off))]
