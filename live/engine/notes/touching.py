"""How loud notes are, of a representation that does not say it: as the knobs say, with accents of the bar."""

from typing import Final

from live.engine.notes.draw import Draw
from live.engine.notes.history import louder
from live.engine.notes.sampling import uniform
from live.time.clock import Bars

_ACCENTS: Final = (0.5, 0.2, 0.0, -0.25)
"""How much louder a note is at the bar line, on a pulse, on a beat, and elsewhere, in spreads."""
_UNEVEN: Final = 0.3
_WIDEST: Final = 24.0
"""More spread than this is taken as this."""


def touched(onset: int, draw: Draw, factor: int) -> int:
    """Return the velocity of a note. factor: what it is drawn as, of none of the step's factors the number."""
    knobs = draw.knobs
    spread = min(knobs.spread, _WIDEST)
    drawn = uniform(knobs.seed, draw.voice, draw.last.number, factor) - 0.5
    loud = knobs.velocity + spread * (_accent(onset, draw.bars) + _UNEVEN * drawn)
    return min(max(round(loud) + louder(draw.last.heard), 1), 127)


def _accent(onset: int, bars: Bars) -> float:
    inside = onset - bars.start_of(onset)
    for length, accent in zip(
        (bars.length, bars.metre.pulse, bars.metre.beat), _ACCENTS, strict=False
    ):
        if inside % length == 0:
            return accent
    return _ACCENTS[-1]
