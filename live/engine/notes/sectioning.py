"""How a form that was asked for is played: a section comes back, or begins otherwise than the one before it."""

from collections.abc import Iterable
from itertools import tee
from typing import Final

from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.history import Moment
from live.engine.notes.pointer import MOST, Places, Pointer, later
from live.engine.notes.sections import Section, Sections, earlier, section_at
from live.engine.notes.trail import EVER, trail_of

CHUNK: Final = 2
"""Bars that are pointed at at once."""
NEVER: Final = 1 << 62
"""A tick after all that will be."""


def within(draw: Draw, tick: int) -> tuple[int, int]:
    """Return from when to when what comes back by itself is of the same section as a tick."""
    if draw.sections is None:
        return EVER, NEVER
    section = section_at(draw.sections, draw.bars, tick)
    return (EVER, NEVER) if section is None else (section.begins, section.ends)


def sectioned(
    tracing: Tracing, draw: Draw, sections: Sections, moments: Iterable[Moment]
) -> Pointer | None:
    """Return what sections have the next steps lean on; None where they leave them free. moments: the newest first."""
    bars, now = draw.bars, tracing.front(draw.last)
    if tracing.lines:
        now = bars.next_bar(now)
    for at in (now, bars.next_bar(now)):
        section = section_at(sections, bars, at)
        if section is None or not (at == now or at == section.begins):
            continue
        ours, moments = tee(moments)
        pointer = _pointed(tracing, draw, sections, section, at, ours)
        if pointer is not None:
            return pointer
    return None


def _pointed(
    tracing: Tracing,
    draw: Draw,
    sections: Sections,
    section: Section,
    at: int,
    moments: Iterable[Moment],
) -> Pointer | None:
    """Return what a section has the steps from a tick on lean on."""
    bar = draw.bars.length
    ends = min(draw.bars.start_of(at) + CHUNK * bar, section.ends)
    lags = earlier(sections, draw.bars, section)
    away = not lags
    if away:
        if not section.number:
            return None
        lags = (section.ends - section.begins,)
    trail = trail_of(moments, tracing, at - lags[0])
    for lag in lags:
        places = _between(trail, at - lag, ends - lag)
        if places:
            places = tracing.recast(later(places, lag), (), 0, draw.knobs)
            return Pointer(at, places, away)
    return None


def _between(trail: Places, since: int, until: int) -> Places:
    if not trail or trail[0][0] > until:
        return ()
    return tuple(one for one in trail if since <= one[0] < until)[:MOST]
