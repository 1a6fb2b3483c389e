"""How a draw leans on what a voice points at: towards it, or away from it, as far as it may be played."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import numpy as np

from live.engine.notes.draw import Draw
from live.engine.notes.sampling import Mask
from models.contract.grid import TICKS

NEAR: Final = TICKS // 2
"""Ticks around an onset from which a voice that leans away keeps away."""


def nearest(values: Sequence[int], wanted: int) -> int:
    """Return the class whose value is nearest to the one that is wanted. values: rising."""
    after = bisect_left(values, min(wanted, values[-1]))
    return after - (after > 0 and values[after] - wanted > wanted - values[after - 1])


def gap_to(draw: Draw, factor: int, gaps: Sequence[int], origin: int) -> int:
    """Return the class of gap from a tick to where the voice points, -1 where its time leans on nothing."""
    pointer = draw.pointer
    if pointer is None or not pointer.places or pointer.places[0][0] < origin:
        return -1
    return nearest(gaps, pointer.places[0][0] - origin) if draw.leans(factor) else -1


def meets(draw: Draw, gap: int, onset: int) -> bool:
    """Return whether a step is to come where the voice points, and not at the onset that was drawn.

    gap: see `gap_to`. Until a pointer begins, what was drawn stands.
    """
    pointer = draw.pointer
    return gap >= 0 and pointer is not None and not pointer.away and onset >= pointer.begins


def narrowed(draw: Draw, factor: int, code: int, allowed: Mask) -> Mask:
    """Return which classes are left to a factor that leans: the one pointed at, or all others, if any may be drawn."""
    if draw.pointer is None or not 0 <= code < len(allowed) or not draw.leans(factor):
        return allowed
    pointed = np.arange(len(allowed)) == code
    left = allowed & (~pointed if draw.pointer.away else pointed)
    return np.asarray(left) if left.any() else allowed


def shunned(draw: Draw, factor: int, onset: int, allowed: Mask) -> Mask:
    """Return which pitches are left where the voice leans away: none of those of half a beat before and after."""
    if draw.pointer is None or not draw.leans(factor):
        return allowed
    near = [pitch % 12 for tick, pitch in draw.pointer.places if abs(tick - onset) <= NEAR]
    left = allowed & ~np.isin(np.arange(len(allowed)) % 12, near)
    return np.asarray(left) if left.any() else allowed
