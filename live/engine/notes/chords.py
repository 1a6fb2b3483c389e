"""Which pitches may come next: after the last onset, or with it, in a chord that is written from the bottom up."""

from typing import Final

from live.engine.notes.draw import Draw
from live.engine.notes.guard import Line
from live.engine.notes.manner import Manner
from live.engine.notes.sampling import Mask

NO_PITCH: Final = -1
"""Of a last note, where there is none."""
Pitches = tuple[Mask, Mask]
"""Which pitches may begin the next onset, and which may join the last one."""


def allowed_pitches(draw: Draw, manner: Manner, last: int, top: Line, joins: bool) -> Pitches:
    """Return which pitches may come next, as manner and guard have it.

    last: pitch. top: the top line so far; joins: whether its last pitch began with the last onset.
    """
    allowed, guard = manner.allowed, draw.guard
    joining = manner.pitches(draw.last.cursor.tick, allowed)
    if last != NO_PITCH:
        joining = _above(draw, last, joining)
    if guard is None:
        return allowed, joining
    begun = guard.next(top)
    return allowed & ~begun, joining & ~(guard.joining(top) if joins else begun)


def _above(draw: Draw, pitch: int, allowed: Mask) -> Mask:
    """Chords are written from the bottom up: what comes at the same onset is higher."""
    higher = allowed.copy()
    higher[: pitch + 1] = False
    return allowed if "time" in draw.forced and not higher.any() else higher
