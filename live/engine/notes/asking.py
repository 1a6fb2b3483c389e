"""What a network is asked for as it draws, where it was taught to be: see `models.contract.asked`."""

from collections.abc import Callable, Mapping
from typing import Final

from live.engine.notes.draw import Draw
from live.engine.notes.operations import ANY, Plan
from live.engine.notes.phrase import phrase_of
from live.engine.notes.sections import section_at
from models.contract.asked import BARS_LEFT, DENSITY, NEAR, asked_code
from models.contract.representation import Column


def asked(columns: tuple[Column, ...], draw: Draw, limits: Plan) -> tuple[int, ...]:
    """Return the codes of what is asked of the next step; 0 for what is not."""
    return tuple(_SAYS[column.name](draw, limits) for column in columns)


def _bars_left(draw: Draw, limits: Plan) -> int:
    """Return how long an answer goes on, from its last step or from where it comes in; else a section of a form."""
    at, end = draw.last.cursor.tick, limits.end
    if end != ANY:
        at = max(at, limits.floor)
    elif draw.sections is not None:
        at += NEAR
        section = section_at(draw.sections, draw.bars, at)
        end = ANY if section is None else section.ends
    if end == ANY:
        return 0
    left = draw.bars.number(end - 1)[0] - draw.bars.number(at)[0] + 1
    return asked_code(BARS_LEFT, left) if left > 0 else 0


def _density(draw: Draw, limits: Plan) -> int:
    """Return how dense an answer is to be: as the phrase, times what the knob says."""
    phrase = None if limits.end == ANY else phrase_of(draw.last.phrase)
    if phrase is None or not phrase.density:
        return 0
    return asked_code(DENSITY, phrase.density * draw.knobs.density)


_SAYS: Final[Mapping[str, Callable[[Draw, Plan], int]]] = {
    BARS_LEFT: _bars_left,
    DENSITY: _density,
}
