"""The form pointer: now and then a voice points so many bars back, and what it plays leans on what was there.

A network hardly comes back to what it played some bars ago, and people do all the time. How often, how far and
for how long is as people repeat themselves in piano music; the knobs `form`, `far` and `vary` turn it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, tee
from math import exp
from statistics import NormalDist
from typing import Final

from live.engine.notes.decoder import Decoder, Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.history import History, Moment
from live.engine.notes.motif import is_answer, taken_up
from live.engine.notes.operations import Plan
from live.engine.notes.pointer import MOST, Places, Pointer, later
from live.engine.notes.sampling import uniform
from live.engine.notes.sectioning import sectioned, within
from live.engine.notes.step import Step
from live.engine.notes.tiring import tired
from live.engine.notes.trail import again, gone, heard_last, trail_of

LAGS: Final = {1: 0.20, 2: 0.16, 3: 0.03, 4: 0.14, 8: 0.14, 16: 0.07}
"""Of people's repeats, how many lie so many bars back."""
ON_LINES: Final = 1 / 3
"""Of people's repeats, how many begin on a bar line."""
SHORTEST: Final = 8
"""Notes that are pointed at at least: fewer are no repeat yet."""
MORE: Final = NormalDist(1.099, 1.92)
"""How many notes more people repeat, as a logarithm: 11 in all in the median, 43 and more in one of ten."""
LONGEST: Final = 8
"""Bars that are pointed at at most."""
DULL: Final = 0.6
"""How many notes of those that a bar has on the average it has at least."""
TIRES: Final = 4
"""Bars back from which nothing comes back twice on end."""
LETS_GO: Final = frozenset({"form", "far", "motif", "density", "mode", "tires"})
"""Knobs that end what is pointed at as they are turned: what was played under others is not to come back."""
_PERSON: Final = b"extempo form"
_WHETHER, _LINE, _LAG, _LENGTH, _HOW, _WHERE = range(6)
"""What is drawn of a pointer that may begin."""


def drawn(
    decoder: Decoder,
    draw: Draw,
    limits: Plan,
    first: int,
    plan: Sequence[Moment],
    past: Sequence[Moment],
) -> Step | None:
    """Draw a step that leans on what the voice points at, if it does; see `Decoder.draw`.

    plan, past: the moments before the step, oldest first.
    """
    tracing = decoder.tracing
    if tracing is None or draw.knobs.freeze or draw.forced:
        return decoder.draw(draw, limits, first)
    moments = chain(reversed(plan), reversed(past))
    pointer = _pointer(tracing, draw, limits, first, moments)
    if pointer is None:
        return decoder.draw(draw, limits, first)
    step = decoder.draw(replace(draw, pointer=pointer), limits, first)
    if step is None or step.fed:
        return step
    # What was decided before is played, and what is pointed at is still to come.
    return replace(step, pointer=pointer)


def _pointer(
    tracing: Tracing, draw: Draw, limits: Plan, first: int, moments: Iterable[Moment]
) -> Pointer | None:
    """Return what a step leans on: an answer on the phrase, a section on the one before, any on some bars ago."""
    knobs, last, sections = draw.knobs, draw.last, draw.sections
    motif = knobs.motif != "off" and knobs.mode != "solo"
    if motif and is_answer(last):
        shares = _uniform(draw, _HOW), _uniform(draw, _WHERE)
        count = _count(tracing, draw)
        return taken_up(tracing, draw, limits, first, tuple(moments), shares, count)
    if knobs.tires and not (last.pointer is not None and last.pointer.away):
        ours, moments = tee(moments)
        pointer = tired(tracing, draw, ours)
        if pointer is not None:
            return pointer
    if last.pointer is not None and last.pointer.places:
        return last.pointer
    if sections is not None:
        ours, moments = tee(moments)
        pointer = sectioned(tracing, draw, sections, ours)
        if pointer is not None:
            return pointer
    return _begun(tracing, draw, limits.end, moments) if knobs.form else None


def _begun(tracing: Tracing, draw: Draw, end: int, moments: Iterable[Moment]) -> Pointer | None:
    """Return a pointer that begins after the last moment, or at the next bar line; None where none does.

    Whether one does is drawn anew as time goes on: as many begin in a bar as the knob says, however busy it is.
    end: when an answer is over, -1 where none is given: its last bar leans on nothing, so that it can close.
    """
    last, bar = draw.last, draw.bars.length
    share = _uniform(draw, _WHETHER) / draw.knobs.form
    if share >= 1 or not last.fed:
        return None
    latest, moments = tee(moments)
    if share >= min(gone(latest, tracing), bar) / bar:
        return None
    begins = tracing.front(last)
    if tracing.lines or _uniform(draw, _LINE) < ON_LINES:
        begins = draw.bars.next_bar(begins)
    opened, closes = within(draw, begins)
    since = max(begins - draw.knobs.far * bar, opened)
    trail = trail_of(moments, tracing, since)
    lags = [lag for lag in LAGS if begins - lag * bar >= since]
    lags = [lag for lag in lags if _lively(trail, begins - lag * bar, bar)]
    lags = [lag for lag in lags if lag > TIRES or not _came_back(trail, begins, lag * bar)]
    if not lags:
        return None
    lag = _chosen(lags, _uniform(draw, _LAG)) * bar
    ends = min(begins + LONGEST * bar, closes, end - bar if end >= 0 else closes)
    places = tuple(one for one in again(trail, begins, lag, _count(tracing, draw)) if one[0] < ends)
    if not places:
        return None
    return Pointer(begins, tracing.recast(places, trail, begins - lag, draw.knobs))


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
    trail = later(trail_of(reversed(until), tracing), moment.tick - until[-1].tick)
    heard = sum(1 for _ in heard_last(reversed(until), tracing))
    return replace(moment, trail=trail, unanswered=min(heard, len(trail)))


def _lively(trail: Places, since: int, bar: int) -> bool:
    """Return whether as much is played in a bar as it mostly is: of what is dull, more would be duller."""
    if not trail or trail[0][0] > since + bar // 4:
        return False
    count = sum(since <= tick < since + bar for tick, _ in trail)
    bars = max((trail[-1][0] - trail[0][0]) / bar, 1)
    return count >= DULL * len(trail) / bars


def _came_back(trail: Places, begins: int, lag: int) -> bool:
    """Return whether what would come back from so far has come back from as far already: once more is a loop."""
    now = {one for one in trail if begins - lag <= one[0] < begins}
    before = {(tick + lag, code) for tick, code in trail}
    return 2 * len(now & before) > len(now)


def _chosen(lags: list[int], share: float) -> int:
    at = share * sum(LAGS[lag] for lag in lags)
    for lag in lags:
        at -= LAGS[lag]
        if at < 0:
            return lag
    return lags[-1]


def _count(tracing: Tracing, draw: Draw) -> int:
    """Return how many places are pointed at."""
    share = min(max(_uniform(draw, _LENGTH), 1e-6), 1 - 1e-6)
    return min(round(tracing.steps * (SHORTEST + exp(MORE.inv_cdf(share)))), MOST)


def _uniform(draw: Draw, what: int) -> float:
    return uniform(draw.knobs.seed, draw.voice, draw.last.number, what, _PERSON)
