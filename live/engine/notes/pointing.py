"""The form pointer: now and then a voice points so many bars back, and what it plays leans on what was there.

A network hardly comes back to what it played some bars ago, and people do all the time. How often, how far and
for how long is as people repeat themselves in piano music; the knobs `form`, `far` and `vary` turn it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee
from math import exp
from statistics import NormalDist
from typing import Final

from live.engine.notes.decoder import Decoder, Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.history import History, Moment
from live.engine.notes.operations import Plan
from live.engine.notes.pointer import MOST, REACH, Place, Places, Pointer, later
from live.engine.notes.sampling import uniform
from live.engine.notes.step import Step

LAGS: Final = {1: 0.20, 2: 0.16, 3: 0.03, 4: 0.14, 8: 0.14, 16: 0.07}
"""Of people's repeats, how many lie so many bars back."""
ON_LINES: Final = 1 / 3
"""Of people's repeats, how many begin on a bar line."""
LENGTH: Final = NormalDist(2.398, 1.064)
"""How many notes people repeat, as a logarithm: 11 in the median, 43 and more in one of ten."""
SHORTEST: Final = 4
"""Notes that are pointed at at least."""
LONGEST: Final = 4
"""Bars that are pointed at at most."""
DULL: Final = 0.6
"""How many notes of those that a bar has on the average it has at least."""
LETS_GO: Final = frozenset({"form", "far", "density", "mode"})
"""Knobs that end what is pointed at as they are turned: what was played under others is not to come back."""
EVER: Final = -(1 << 62)
"""A tick before all that was."""
_PERSON: Final = b"extempo form"
_WHETHER, _LINE, _LAG, _LENGTH = range(4)
"""What is drawn of a pointer that may begin."""


def drawn(
    decoder: Decoder, draw: Draw, limits: Plan, first: int, moments: Iterable[Moment]
) -> Step | None:
    """Draw a step that leans on what the voice points at, if it does; see `Decoder.draw`.

    moments: those before the step, the newest first.
    """
    tracing, knobs = decoder.tracing, draw.knobs
    if tracing is None or not knobs.form or knobs.freeze or draw.forced:
        return decoder.draw(draw, limits, first)
    pointer = draw.last.pointer
    if pointer is None or not pointer.places:
        pointer = _begun(tracing, draw, moments)
    step = decoder.draw(replace(draw, pointer=pointer), limits, first)
    if step is None or step.fed:
        return step
    # What was decided before is played, and what is pointed at is still to come.
    return replace(step, pointer=pointer)


def _begun(tracing: Tracing, draw: Draw, moments: Iterable[Moment]) -> Pointer | None:
    """Return a pointer that begins after the last moment, or at the next bar line; None where none does.

    Whether one does is drawn anew as time goes on: as many begin in a bar as the knob says, however busy it is.
    """
    last, bar = draw.last, draw.bars.length
    share = _uniform(draw, _WHETHER) / draw.knobs.form
    if share >= 1 or not last.fed:
        return None
    latest, moments = tee(moments)
    if share >= min(_gone(latest, tracing), bar) / bar:
        return None
    begins = tracing.front(last)
    if tracing.lines or _uniform(draw, _LINE) < ON_LINES:
        begins = draw.bars.next_bar(begins)
    reach = begins - draw.knobs.far * bar
    trail = trail_of(moments, tracing, reach)
    lags = [lag for lag in LAGS if lag <= draw.knobs.far]
    lags = [lag for lag in lags if _lively(trail, begins - lag * bar, bar)]
    if not lags:
        return None
    lag = _chosen(lags, _uniform(draw, _LAG)) * bar
    count = min(max(round(tracing.steps * _length(draw)), SHORTEST), MOST)
    places = tuple(
        one for one in again(trail, begins, lag, count) if one[0] < begins + LONGEST * bar
    )
    return Pointer(begins, tracing.recast(places, trail, begins - lag, draw.knobs))


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


def let_go(history: History, knob: str) -> Moment:
    """Point at nothing any more, for a knob was turned; return the last moment then.

    Nor at anything that was played when the music was busier, or less.
    """
    last = history.last
    trail = () if knob == "density" else last.trail
    if last.pointer is not None or trail != last.trail:
        history.moments[-1] = replace(last, pointer=None, trail=trail)
    return history.last


def remembering(moment: Moment, until: Sequence[Moment], tracing: Tracing | None) -> Moment:
    """Return a moment that is gone back to with what can be pointed at from there.

    until: the moments up to it, oldest first; it may be the last of them at another tick.
    """
    if tracing is None:
        return replace(moment, trail=())
    trail = trail_of(reversed(until), tracing)
    return replace(moment, trail=later(trail, moment.tick - until[-1].tick))


def trail_of(moments: Iterable[Moment], tracing: Tracing, since: int = EVER) -> Places:
    """Return what can be pointed at, from a tick on, oldest first. moments: the newest first."""
    found: list[Place] = []
    for place in _places(moments, tracing):
        if place[0] < since or len(found) == REACH:
            break
        found.append(place)
    return tuple(reversed(found))


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


def _gone(moments: Iterable[Moment], tracing: Tracing) -> int:
    """Return how many ticks lie between the last two places."""
    last, before = next(places := _places(moments, tracing), None), next(places, None)
    return last[0] - before[0] if last and before else 0


def _lively(trail: Places, since: int, bar: int) -> bool:
    """Return whether as much is played in a bar as it mostly is: of what is dull, more would be duller."""
    if not trail or trail[0][0] > since + bar // 4:
        return False
    count = sum(since <= tick < since + bar for tick, _ in trail)
    bars = max((trail[-1][0] - trail[0][0]) / bar, 1)
    return count >= DULL * len(trail) / bars


def _chosen(lags: list[int], share: float) -> int:
    at = share * sum(LAGS[lag] for lag in lags)
    for lag in lags:
        at -= LAGS[lag]
        if at < 0:
            return lag
    return lags[-1]


def _length(draw: Draw) -> float:
    share = min(max(_uniform(draw, _LENGTH), 1e-6), 1 - 1e-6)
    return float(exp(LENGTH.inv_cdf(share)))


def _uniform(draw: Draw, what: int) -> float:
    return uniform(draw.knobs.seed, draw.voice, draw.last.number, what, _PERSON)
