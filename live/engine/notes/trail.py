"""What a voice can point at: the places of what was played, by itself and to it."""

from collections.abc import Iterable, Iterator
from typing import Final

from live.engine.notes.decoder import Tracing
from live.engine.notes.history import Moment
from live.engine.notes.pointer import REACH, Place, Places, later

EVER: Final = -(1 << 62)
"""A tick before all that was."""


def again(trail: Places, begins: int, lag: int, count: int) -> Places:
    """Return so many places that were there `lag` ticks before, from a tick on, moved to where they come again.

    What is longer than the lag comes round more than once.
    """
    source = tuple(one for one in trail if one[0] >= begins - lag)
    if not source:
        return ()
    found: list[Place] = []
    round_ = 1
    while len(found) < count:
        found += later(source, lag * round_)
        round_ += 1
    return tuple(found[:count])


def trail_of(moments: Iterable[Moment], tracing: Tracing, since: int = EVER) -> Places:
    """Return what can be pointed at, from a tick on, oldest first. moments: the newest first."""
    found: list[Place] = []
    for place in _places(moments, tracing):
        if place[0] < since or len(found) == REACH:
            break
        found.append(place)
    return tuple(reversed(found))


def heard_last(moments: Iterable[Moment], tracing: Tracing) -> Iterator[Place]:
    """Yield the places of what others have played since the voice last did. Both the newest first."""
    chain = iter(moments)
    moment = next(chain)
    while not moment.own:
        if moment.unanswered and moment.trail:
            yield from reversed(moment.trail[-moment.unanswered :])
            return
        before = next(chain, None)
        if moment.fixed or before is None:
            return
        place = tracing.trace(moment, before)
        if place is not None:
            yield place
        moment = before


def _places(moments: Iterable[Moment], tracing: Tracing) -> Iterator[Place]:
    """Yield what can be pointed at, the newest first, at its tick as the clock is now."""
    leap, chain = 0, iter(moments)
    moment = next(chain)
    while moment is not None:
        if moment.trail is not None:
            yield from reversed(later(moment.trail, leap))
            return
        before = next(chain, None)
        if before is None:
            return
        place = None if moment.leap else tracing.trace(moment, before)
        if place is not None:
            yield place[0] + leap, place[1]
        leap += moment.leap
        moment = before


def gone(moments: Iterable[Moment], tracing: Tracing) -> int:
    """Return how many ticks lie between the last two places. moments: the newest first."""
    last, before = next(places := _places(moments, tracing), None), next(places, None)
    return last[0] - before[0] if last and before else 0
