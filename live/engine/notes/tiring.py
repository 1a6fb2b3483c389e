"""What tires: where the same few beats have come round too long, a voice leans away from them and goes elsewhere."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.history import Moment
from live.engine.notes.pointer import MOST, Places, Pointer
from live.engine.notes.trail import again, trail_of
from models.contract.grid import TICKS

PERIODS: Final = 8
"""Beats at most of what comes round."""
_NEAR: Final = TICKS // 8
"""What is played so much early still counts to the beat after it."""

_Beats = list[frozenset[int]]
"""What began in each beat, the last one first."""


def tired(tracing: Tracing, draw: Draw, moments: Iterable[Moment]) -> Pointer | None:
    """Return what leads away from what has come round too long; None where nothing has. moments: the newest first.

    It looks once a bar, and at the voice's own notes only.
    """
    last, patience = draw.last, draw.knobs.tires
    if not patience or draw.sections is not None or not (last.fed and last.own):
        return None
    now = tracing.front(last)
    line = draw.bars.start_of(now)
    if not _is_first(last.struck, line):
        return None
    chain = takewhile(lambda moment: moment.own, moments)
    latest = trail_of(chain, tracing, line - (patience + PERIODS) * TICKS)
    period = _period(_beats(latest, line), patience)
    if not period:
        return None
    begins = draw.bars.next_bar(now) if tracing.lines else now
    ends = begins + max(period * TICKS, draw.bars.length)
    places = again(latest, begins, period * TICKS, MOST)
    return Pointer(begins, tuple(one for one in places if one[0] < ends), away=True)


def _is_first(struck: Places, line: int) -> bool:
    """Return whether the newest onset is the first since a bar line. struck: ticks and pitches."""
    if not struck or struck[-1][0] < line:
        return False
    before = next((tick for tick, _ in reversed(struck) if tick < struck[-1][0]), line - 1)
    return before < line


def _beats(trail: Places, line: int) -> _Beats:
    """Return what began in the beats before a bar line."""
    found: list[set[int]] = []
    for tick, code in reversed(trail):
        number = (line - tick - _NEAR - 1) // TICKS
        if number >= 0:
            found += [set() for _ in range(number + 1 - len(found))]
            found[number].add(code)
    return [frozenset(one) for one in found]


def _period(beats: _Beats, patience: int) -> int:
    """Return after how many beats the last ones come round, the same for so many beats; 0 where they do not."""
    for period in range(1, PERIODS + 1):
        span = patience + period
        if len(beats) >= span and all(beats[at] == beats[at + period] for at in range(patience)):
            return period if any(beats[:patience]) else 0
    return 0
