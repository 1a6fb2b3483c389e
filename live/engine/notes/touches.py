"""How hard notes are struck, of representations that draw it as a class of velocity."""

from functools import lru_cache
from typing import Final

import numpy as np

from live.engine.notes import masks
from live.engine.notes.draw import Draw
from live.engine.notes.history import louder
from live.engine.notes.sampling import Weights
from models.contract.representations.performance import VELOCITIES, velocity_of

ANY: Final = np.ones(VELOCITIES, np.bool_)
"""Any class may be drawn; not to be written to."""
_VALUES: Final = np.array([velocity_of(code) for code in range(VELOCITIES)], np.float64)


def preferred(draw: Draw) -> Weights | float:
    """Return how far classes are leant to, as the knobs say: added log weights."""
    return _preferred(draw.knobs.velocity, draw.knobs.spread)


def struck(draw: Draw, code: int) -> tuple[int, int]:
    """Return the velocity of a class that was drawn, and how much of it is the player's: see `history.louder`.

    One that is forced is as it is asked for.
    """
    loud, more = velocity_of(code), louder(draw.last.heard)
    if "velocity" not in draw.forced:
        loud = min(max(loud + more, 1), 127)
    return loud, more


# Worked out afresh for every note, in cold caches, it costs microseconds.
@lru_cache(64)
def _preferred(velocity: float, spread: float) -> Weights | float:
    return masks.touch(velocity, spread, _VALUES)
