"""How an answer takes up the phrase that it answers: it begins as that began, or as a variation, or as neither."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.history import Moment
from live.engine.notes.operations import Plan
from live.engine.notes.pointer import MOST, Place, Places, Pointer, later
from live.engine.notes.trail import heard_last

FEWEST: Final = 10
"""Onsets that are taken up at least, if the phrase has them: a motif is a line, whatever goes with it."""
ELSEWHERE: Final = (-4, -3, -2, 2, 3, 4)
"""By how many steps of the scale what is varied may be moved."""
LONGEST: Final = 8
"""Bars of a phrase that are looked at: of one that goes on for ever, the last."""


def is_answer(last: Moment) -> bool:
    """Return whether what comes after a moment begins an answer: somebody else played last."""
    waits = bool(last.unanswered) or not last.fixed
    return not last.own and waits and last.note is not None


def taken_up(
    tracing: Tracing,
    draw: Draw,
    limits: Plan,
    first: int,
    moments: Sequence[Moment],
    shares: tuple[float, float],
    count: int,
) -> Pointer | None:
    """Return what an answer leans on; None where there is no phrase. moments: up to its last note, newest first.

    first: see `Decoder.draw`. shares: what is drawn of how it is varied. count: places that it takes up.
    """
    phrase = _phrase(tracing, draw, moments)
    phrase = phrase[: max(count, _motif(tracing, phrase))][:MOST]
    if not phrase:
        return None
    front, began = tracing.front(draw.last), phrase[0][0]
    if tracing.lines:
        line = draw.bars.next_bar(max(limits.floor, front))
        front = entry = line + began - draw.bars.start_of(began)
    else:
        entry = _entry(draw, front, limits, first, began)
    places = tracing.recast(later(phrase, entry - began), (), 0, draw.knobs)
    if limits.end >= 0:
        # Its last beats lean on nothing, so that it can close.
        until = limits.end - 2 * draw.bars.metre.beat
        places = tuple(one for one in places if one[0] < until)
    if draw.knobs.motif == "vary":
        rhythm = tracing.rhythm(places)
        if rhythm and shares[0] < 0.5:
            places = rhythm
        else:
            by = ELSEWHERE[int(shares[1] * len(ELSEWHERE))]
            places = tracing.elsewhere(places, by, draw.knobs)
    return Pointer(front, places, away=draw.knobs.motif == "contrast")


def _motif(tracing: Tracing, phrase: Places) -> int:
    """Return how many places of a phrase its first onsets have."""
    onsets = sorted({tick for tick, _ in phrase})
    few = round(FEWEST * tracing.steps)
    return len(phrase) if len(onsets) <= few else bisect_left(phrase, (onsets[few],))


def _phrase(tracing: Tracing, draw: Draw, moments: Sequence[Moment]) -> Places:
    """Return what was played last, back to the voice's own last step, or to a bar in which nothing began."""
    found: list[Place] = []
    bar = draw.bars.length
    for place in heard_last(moments, tracing):
        if found and (place[0] < found[-1][0] - bar or place[0] < found[0][0] - LONGEST * bar):
            break
        found.append(place)
    return tuple(reversed(found))


def _entry(draw: Draw, front: int, limits: Plan, first: int, began: int) -> int:
    """Return the tick at which an answer begins: where in the bar its phrase began, else where in the beat.

    If neither can be, as early as it can.
    """
    for floor in (first, limits.floor):
        earliest = max(floor, front)
        for span in (draw.bars.length, draw.bars.metre.beat):
            tick = earliest + (began - earliest) % span
            if tick >= limits.floor and (tick <= limits.ceiling or limits.ceiling < 0):
                return tick
    return max(limits.floor, front)
