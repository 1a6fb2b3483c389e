"""How a draw leans on what a voice points at: towards it, or away from it, as far as it may be played."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from live.engine.notes.draw import Draw
from live.engine.notes.sampling import Mask


def nearest(values: Sequence[int], wanted: int) -> int:
    """Return the class whose value is nearest to the one that is wanted. values: rising."""
    after = bisect_left(values, min(wanted, values[-1]))
    return after - (after > 0 and values[after] - wanted > wanted - values[after - 1])


def narrowed(draw: Draw, factor: int, code: int, allowed: Mask) -> Mask:
    """Return which classes are left to a factor that leans: the one pointed at, or all others, if any may be drawn."""
    if draw.pointer is None or not 0 <= code < len(allowed) or not draw.leans(factor):
        return allowed
    pointed = np.arange(len(allowed)) == code
    left = allowed & (~pointed if draw.pointer.away else pointed)
    return np.asarray(left) if left.any() else allowed
