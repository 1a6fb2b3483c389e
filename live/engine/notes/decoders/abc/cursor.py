"""Where a tune that is being written has come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Final, Self

from msgspec import Meta, structs

from live.engine.notes.guard import Line, led
from live.engine.notes.step import Cursor
from live.ipc.ranges import Tick
from live.time.clock import Bars
from models.abc import ranges, sound
from models.abc.state import BEAT, Sounded, State
from models.contract.grid import TICKS
from models.contract.representation import Representation

PART: Final = BEAT // TICKS
"""Parts, in which readers of ABC count, in a tick."""
STEP: Final = TICKS // 4
"""Ticks of which notes begin at multiples, where a tune goes on."""
HEAD: Final = ("M", "L", "K")
"""The fields that a tune begins with."""
NOTHING: Final = State()
"""Of a text that has not begun."""


@dataclass(frozen=True, slots=True)
class Tune(Cursor):
    """A text and where it lies on the clock.

    origin: the tick of its beginning. line: a tick at which the clock's bars began as this was written.
    state: what its reader knows. waiting: what is decided and not played yet. since: what begins earlier, in
    parts, was heard or played and sounds no more. shift: semitones from what is written to what sounds.
    idle: letters since time went on. quiet: where the last note ends, in parts. heard: pitch classes, as they
    are written, of the last notes that were played to it. top: the top line of what has sounded; topped: the tick at
    which its last pitch began.
    """

    told: ClassVar[bool] = True

    origin: Tick = 0
    line: Tick = 0
    state: State = NOTHING
    waiting: Annotated[tuple[Sounded, ...], ranges.MANY] = ()
    since: ranges.Place = 0
    shift: Annotated[int, Meta(ge=-12, le=12)] = 0
    idle: ranges.Whole = 0
    quiet: ranges.Place = 0
    heard: Annotated[tuple[ranges.PitchClass, ...], ranges.SOME] = ()
    top: Line = ()
    topped: Tick = 0

    def check(self, written: Representation) -> None:
        """See `Cursor`."""
        sound.check(self.state)
        if not self.state.body and self.state.token[:1] not in ("", *HEAD):
            raise ValueError(f"no tune begins with {self.state.token[:16]!r}")
        if self.state.body and self.state.unit < PART:
            raise ValueError("a note of the tune is shorter than a tick")

    def shifted(self, ticks: int) -> Self:
        """Return the same place so many ticks later."""
        return replace(
            self, tick=self.tick + ticks, origin=self.origin + ticks, line=self.line + ticks,
            topped=self.topped + ticks,
        )  # fmt: skip

    def sounded(self, tick: int, pitch: int) -> Self:
        """Return the same place after one more pitch of the top line, which begins at a tick."""
        return replace(self, top=led(self.top, pitch, tick == self.topped), topped=tick)

    @property
    def due(self) -> int:
        """Return where what comes next begins, in parts: what waits, a note that hangs, or the next letter's."""
        return min(
            (*(one.onset for one in self.waiting[:1]), *self._hanging), default=self.state.at
        )

    @property
    def ready(self) -> bool:
        """Return whether the first of what waits may be played.

        What accompanies is decided earlier than a note that hangs: it waits for those before it and with it.
        """
        if not self.waiting:
            return False
        first = self.waiting[0]
        return first.voice >= 0 or all(first.onset < onset for onset in self._hanging)

    @property
    def _hanging(self) -> Iterator[int]:
        return (one.onset for one in self.state.held if one.onset >= self.since)

    @property
    def coming(self) -> int:
        """Return the tick from which the text goes on."""
        return self.tick_of(self.due)

    def tick_of(self, parts: int) -> int:
        """Return the tick that is nearest to a place in the text."""
        return self.origin + (parts + PART // 2) // PART

    def room(self, bars: Bars, at: int) -> tuple[int, bool]:
        """Return the parts from a place to the clock's next bar line, and whether it is on one."""
        whole = bars.length * PART
        phase = (at + (self.origin - bars.tick) * PART) % whole
        return whole - phase, not phase

    def opens(self, bars: Bars) -> bool:
        """Return whether a tune that begins on a bar line may turn out to have begun with an upbeat.

        That one nobody hears: the tune is joined on its first beat.
        """
        state = self.state
        if state.bars or state.bar or self.since or not state.body:
            return False
        return 2 * state.at <= bars.length * PART and self.room(bars, 0)[1]

    def joined(self) -> Self:
        """Return the tune without its upbeat."""
        at = self.state.at
        return replace(self, origin=self.origin - at // PART, since=at, waiting=())

    def in_bars(self, bars: Bars) -> bool:
        """Return whether the clock's bars are where they were as this was written."""
        return (self.line - bars.tick) % bars.length == 0

    def moved(self, tick: int, bars: Bars) -> Self:
        """Return the text with what comes next at a tick; from there on its bars are the clock's."""
        origin = self.origin + tick - self.tick_of(self.due)
        state = self.state
        at = (state.at + PART // 2) // PART
        start = bars.start_of(origin + at)
        if state.body and state.at:
            inside = origin + at - start
            at += -inside % STEP
            inside += -inside % STEP
            if (
                state.at > state.bar
                and not inside % bars.length
                and self.tick_of(state.bar) != start
            ):
                # The bar line itself is still to be written.
                inside = bars.length
            bar = (at - inside) * PART
            state = structs.replace(
                state, at=at * PART, bar=bar, tuplet=None, broken=0, strummed=at * PART
            )
        return replace(self, tick=tick, origin=origin, line=start, state=state)
