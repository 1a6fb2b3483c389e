"""Ticks of a piano roll: each says which pitches are struck, how hard and for how long; silence is a tick, too."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Final

import numpy as np
from msgspec import Meta

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.guard import Line, led
from live.engine.notes.history import louder
from live.engine.notes.manner import NEAR, Manner, manner_of
from live.engine.notes.onsets import nearest
from live.engine.notes.operations import ANY, LAST, Plan
from live.engine.notes.sampling import Mask, Weights
from live.engine.notes.step import Cursor, Step
from live.engine.notes.striking import Strikes, struck
from live.ipc.ranges import Pitch, Tick
from live.time.clock import Bars
from models.contract.grid import LONGEST, Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.roll import (
    PITCHES,
    TOUCHES,
    key_down,
    lengths,
    row,
    tick_of,
    touch_code,
    touch_of,
)

DECLINED: Final = frozenset(
    (
        "cadence",
        "chords_channel",
        "temperature_offset",
        "temperature_time",
        "temperature_velocity",
        "form",
    )
)
MOST: Final = 32
"""Ticks of silence that a network is told at most before what comes after them."""
_SPARSEST: Final = 1e-3
_LENGTH: Final = 1
"""The factor of lengths."""
_TOUCHES: Final = np.array([touch_of(code) for code in range(1, TOUCHES + 1)], np.float64)

_Code = Annotated[int, Meta(ge=1, le=64)]
Holds = Annotated[tuple[tuple[Pitch, Tick], ...], Meta(max_length=PITCHES)]
"""Pitches that sound, and until when."""
Struck = Annotated[tuple[tuple[Pitch, _Code, _Code], ...], Meta(max_length=PITCHES)]
"""Pitches that are struck, how hard and for how long, as codes."""


@dataclass(frozen=True, slots=True)
class Ticked(Cursor):
    """The last tick. holds: what goes in to it as held. strikes: what is struck in it. top: the top line before it."""

    holds: Holds = ()
    strikes: Struck = ()
    top: Line = ()

    def shifted(self, ticks: int) -> "Ticked":
        """Return the same place so many ticks later."""
        holds = tuple((pitch, until + ticks) for pitch, until in self.holds)
        return replace(self, tick=self.tick + ticks, holds=holds)

    def check(self, written: Representation) -> None:
        """Raise ValueError where a pitch is struck harder than there are touches."""
        if any(touch > TOUCHES for _, touch, _ in self.strikes):
            raise ValueError("a pitch is struck harder than can be")

    @property
    def line(self) -> Line:
        """Return the top line with what is struck."""
        pitches = [pitch for pitch, _, _ in self.strikes]
        return led(self.top, max(pitches), False) if pitches else self.top


class Roll:
    """See `Decoder`."""

    cursor: type[Cursor] = Ticked
    tracing: Tracing | None = None
    declines: frozenset[str] = DECLINED
    trades: bool = False
    drums: bool = False

    def __init__(self, written: Representation) -> None:
        self._tick = self.joins = tick_of(written)
        self._lengths = np.array(lengths(self._tick)) * self._tick
        self._octaves = np.log2(self._lengths)
        self._down = key_down(self._tick)

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before the first: a tick of the roll earlier."""
        at = self._after(tick - 1, bars) - self._tick
        return Step(row(()), self.conditions(at, bars), Ticked(at), tick)

    def conditions(self, tick: int, bars: Bars, holds: Holds = ()) -> Codes:
        """Return beat in the bar, tick in the beat and metre, and what is held."""
        held = [0] * PITCHES
        for pitch, until in holds:
            held[pitch] = int(until > tick)
        return np.array([*place(tick, bars.start_of(tick), bars.metre.eighths), *held], np.int64)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return False: a step is a tick."""
        return False

    def says(self, pitches: Collection[int]) -> bool:
        """Return True: any pitches may be struck together."""
        return True

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return True: whatever pitch is allowed may come."""
        return True

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        """Return the tick of notes, and the silence before it; or the last tick again, with them."""
        assert isinstance(cursor, Ticked)
        said = {
            note.pitch: (note.pitch, touch_code(note.velocity - louder), self._length(note))
            for note in notes
        }
        tick = nearest(notes[0].onset, self._tick, bars)
        if tick <= cursor.tick:
            before = {one[0]: one for one in cursor.strikes}
            strikes = tuple(sorted({**before, **said}.values()))
            return (replace(self._told(cursor, strikes, bars), notes=notes, again=True),)
        steps = list(self._silence(cursor, tick, bars))
        last = steps[-1].cursor if steps else cursor
        assert isinstance(last, Ticked)
        step = self._step(last, tick, tuple(sorted(said.values())), bars)
        return (*steps, replace(step, notes=notes))

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one tick."""
        manner = manner_of(draw, limits)
        last = draw.last.cursor
        assert isinstance(last, Ticked)
        tick = self._next(last, limits.floor, draw.bars)
        lands = manner.lands if manner.lands != ANY else tick + LONGEST
        some = tick == lands or 0 <= limits.ceiling < self._after(tick, draw.bars)
        allowed = self._allowed(draw, manner, last, tick)
        if _is_over(limits, tick) or manner.landed(draw) or not manner.allowed.any():
            return None
        if some and not allowed.any():
            return None
        if tick < limits.floor or lands - NEAR < tick < lands:
            return self._step(last, tick, (), draw.bars)
        at = self.conditions(tick, draw.bars, self._held(last, tick))
        strikes = Strikes(
            allowed, manner.polyphony, _leaning(draw, manner, last, tick), _touch(draw), some
        )
        codes = struck(draw, at, strikes)
        if not codes.any():
            return self._step(last, tick, (), draw.bars)
        told = self._lasting(draw, manner, limits, tick, at, codes)
        more = 0 if "struck" in draw.forced else louder(draw.last.heard)
        notes = tuple(
            Note(
                tick,
                pitch,
                min(max(touch_of(touch) + more, 1), 127),
                int(self._lengths[length - 1]),
            )
            for pitch, touch, length in told
        )
        return replace(self._step(last, tick, told, draw.bars), notes=notes)

    def _lasting(
        self, draw: Draw, manner: Manner, limits: Plan, tick: int, at: Codes, codes: Codes
    ) -> Struck:
        """Return what is struck with the lengths that are drawn for it. codes: how hard each pitch is struck."""
        over = np.ones(len(self._lengths), np.bool_)
        if limits.end >= 0:
            over = tick + self._lengths <= limits.end
            over[0] = True
        able = np.zeros((PITCHES, len(over) + 1), np.bool_)
        able[:, 0] = codes == 0
        able[codes > 0, 1:] = manner.rings(tick, self._lengths, over)
        lean = np.append(0.0, np.broadcast_to(manner.lean(tick, self._octaves), over.shape))
        lasting = draw.codes(_LENGTH, at, codes.tolist(), able, lean)
        return tuple((p, int(codes[p]), int(lasting[p])) for p in np.flatnonzero(codes).tolist())

    def _allowed(self, draw: Draw, manner: Manner, last: Ticked, tick: int) -> Mask:
        allowed = manner.pitches(tick, manner.allowed)
        if draw.guard is None:
            return allowed
        return np.asarray(allowed & ~draw.guard.next(last.line))

    def _after(self, tick: int, bars: Bars) -> int:
        """Return the first tick of the roll after a tick of the grid."""
        start = bars.start_of(tick)
        found = start + ((tick - start) // self._tick + 1) * self._tick
        return min(found, start + bars.length)

    def _next(self, last: Ticked, floor: int, bars: Bars) -> int:
        """Return the tick after the last; of long silence before a floor the end."""
        return self._after(max(last.tick, floor - MOST * self._tick), bars)

    def _silence(self, last: Ticked, tick: int, bars: Bars) -> Iterator[Step]:
        """Yield the steps before a tick in which nothing is struck."""
        while (after := self._next(last, tick, bars)) < tick:
            step = self._step(last, after, (), bars)
            yield step
            assert isinstance(step.cursor, Ticked)
            last = step.cursor

    def _step(self, last: Ticked, tick: int, strikes: Struck, bars: Bars) -> Step:
        """Return the step of a tick after another."""
        return self._told(Ticked(tick, self._held(last, tick), (), last.line), strikes, bars)

    def _told(self, at: Ticked, strikes: Struck, bars: Bars) -> Step:
        conditions = self.conditions(at.tick, bars, at.holds)
        return Step(row(strikes), conditions, replace(at, strikes=strikes), at.tick)

    def _held(self, last: Ticked, tick: int) -> Holds:
        """Return what still sounds at a tick after the last one."""
        until = dict(last.holds)
        for pitch, _, length in last.strikes:
            lasts = LONGEST if length == self._down else int(self._lengths[length - 1])
            until[pitch] = last.tick + lasts
        return tuple(sorted((pitch, end) for pitch, end in until.items() if end > tick))

    def _length(self, note: Note) -> int:
        if not note.duration:
            return self._down
        return 1 + int(np.abs(self._lengths - note.duration).argmin())


def _is_over(limits: Plan, tick: int) -> bool:
    return 0 <= limits.ceiling < tick or 0 <= limits.end < tick + LAST


def _leaning(draw: Draw, manner: Manner, last: Ticked, tick: int) -> Weights:
    """Return what is added to the log odds of each pitch: not what was struck just before, steps, home, density."""
    knobs = draw.knobs
    leaning = np.full(PITCHES, np.log(max(knobs.density, _SPARSEST) / draw.sharing**2))
    leaning += masks.fresh(draw.last.struck, tick, knobs.variety)
    leaning += masks.line(last.line, knobs.line)
    return np.asarray(leaning + manner.home(tick, True))


def _touch(draw: Draw) -> Weights | float:
    return _touches(draw.knobs.velocity, draw.knobs.spread)


@lru_cache(64)
def _touches(velocity: float, spread: float) -> Weights | float:
    return masks.touch(velocity, spread, _TOUCHES)
