"""The step that a hypothesis of the player's beat makes to an onset, compiled; `kernel.py` steps them all."""

import math
from typing import Any, Final

import numpy as np

from live.machine.compiling import carray, compiled, pointer
from live.time.sources.player.layout import CLASSES, MODEL

JITTER: Final = 0.018**2
"""Seconds by which people miss, squared."""
MARKS: Final = 0.7
"""What marks say counts so much."""
_FAR: Final = 12.5
"""Half the square of standard deviations beyond which an onset is elsewhere."""


@compiled("int64(int64, int64)")
def kind_of(steps: int, grid: int) -> int:
    """Return the class of a step: sixteenths and less, dotted, eighths and so on."""
    far = 12 * steps
    eighth = (far >= 6 * grid) + (far >= 7 * grid) + (far >= 12 * grid)
    return 1 + (far >= 3 * grid) + (far >= 4 * grid) + eighth


@compiled(
    "Tuple((float64, int64, int64, float64, float64))(int64, float64, float64, float64, int64, int64, float64[::1])",
    inline=True,
)
def likeliest(
    model: int, gone: float, rate: float, variance: float, place: int, before: int, said: Any
) -> Any:
    """Return the likeliest step of a cell: how likely, how far, to where, by how much missed, and of what variance.

    gone: how far along the grid it would be.
    """
    m = carray(pointer(model), 1, MODEL)[0]
    step = carray(pointer(m.step), (m.places, CLASSES, m.steps), np.float64)
    late = carray(pointer(m.late), m.places, np.float64)
    spread = carray(pointer(m.spread), m.places, np.float64)
    first = carray(pointer(m.start), m.places, np.int64)[place]
    around = carray(pointer(m.length), m.places, np.int64)[place]
    nearest = max(math.floor(gone + 0.5), 0)
    here = (place - first + nearest) % around
    best, chosen, landed, missed, total = -1e9, nearest, first + here, 0.0, 1.0
    for near in range(-1, 2):
        steps, there = nearest + near, first + here + near
        if steps < 0:
            continue
        if there < first:
            there += around
        elif there >= first + around:
            there -= around
        both = variance + JITTER * rate * rate + spread[there]
        off = (gone - steps) / m.grid - late[there]
        far = 0.5 * off * off / both
        if far > _FAR:
            continue
        likely = step[place, before, min(steps, m.steps - 1)] + MARKS * said[there] - far
        likely += 0.5 * math.log(rate * rate / (2 * math.pi * both))
        if likely > best:
            best, chosen, landed, missed, total = likely, steps, there, off, both
    return best, chosen, landed, missed, total
