"""Musical time: beats and the seconds in which they fall.

Seconds are `time.monotonic()`'s, or a manual clock's in a rendering or a test.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

from live.declared.metre import COMMON_TIME, Metre
from live.ipc.wire import Segment
from models.contract.grid import TICKS

REMEMBERED: Final = 1024
"""Segments that are kept; a fader on the tempo makes hundreds a second, and older ones are over."""
TINY: Final = 1e-6
"""The rounding error of a tick, at most."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """An immutable chain of segments, each with one tempo; a change of tempo appends one."""

    segments: tuple[Segment, ...]

    @staticmethod
    def start(at: float, tempo: float) -> "Timeline":
        """Return a timeline whose beat 0 falls at `at`."""
        return Timeline((Segment(beat=0.0, at=at, tempo=tempo),))

    @property
    def last(self) -> Segment:
        """Return the segment that is in force from now on."""
        return self.segments[-1]

    @property
    def running(self) -> bool:
        """Return whether beats go by."""
        return self.last.tempo > 0

    def changed(self, at: float, tempo: float) -> "Timeline":
        """Return this timeline with another tempo from `at` on; tempo 0 holds it."""
        segment = Segment(beat=self.beat_of(at), at=at, tempo=tempo)
        return Timeline((*self.segments[1 - REMEMBERED :], segment))

    def moved(self, at: float, tempo: float) -> "Timeline":
        """Return this timeline with a tick at `at`: it goes on from the next one, less than a tick early."""
        tick = math.ceil(self.beat_of(at) * TICKS - TINY)
        segment = Segment(beat=tick / TICKS, at=at, tempo=tempo)
        return Timeline((*self.segments[1 - REMEMBERED :], segment))

    def jumped(self, at: float, beat: float) -> "Timeline":
        """Return a timeline that is at another beat at `at`, and goes on at this tempo.

        Nothing is known any more of what was before: earlier times are counted back from there.
        """
        return Timeline((Segment(beat=beat, at=at, tempo=self.last.tempo),))

    def beat_of(self, at: float) -> float:
        """Return the beat at a time; before the first segment, counted back at its tempo."""
        index = max(bisect_right(self.segments, at, key=_at) - 1, 0)
        segment = self.segments[index]
        return segment.beat + (at - segment.at) * segment.tempo / 60

    def time_of(self, beat: float) -> float:
        """Return when a beat falls; infinity for one that a held clock does not reach."""
        index = max(bisect_right(self.segments, beat, key=_beat) - 1, 0)
        segment = self.segments[index]
        if segment.tempo <= 0:
            return segment.at if beat <= segment.beat else math.inf
        return segment.at + (beat - segment.beat) * 60 / segment.tempo

    def tick_at(self, at: float) -> int:
        """Return the tick that is nearest to a time."""
        return round(self.beat_of(at) * TICKS)

    def time_of_tick(self, tick: float) -> float:
        """Return when a tick falls."""
        return self.time_of(tick / TICKS)


def _at(segment: Segment) -> float:
    return segment.at


def _beat(segment: Segment) -> float:
    return segment.beat


@dataclass(frozen=True, slots=True)
class Bars:
    """Where bars begin: bar number `bar` (from 1) begins at `tick`, and each is one of `metre`."""

    metre: Metre = COMMON_TIME
    tick: int = 0
    bar: int = 1

    @property
    def length(self) -> int:
        """Return a bar's length in ticks."""
        return self.metre.length

    def start_of(self, tick: int) -> int:
        """Return the tick at which the bar around `tick` begins."""
        return tick - (tick - self.tick) % self.length

    def number(self, tick: int) -> tuple[int, int]:
        """Return bar and beat of a tick, both from 1."""
        start = self.start_of(tick)
        return self.bar + (start - self.tick) // self.length, 1 + (tick - start) // self.metre.beat

    def beat_of(self, tick: int) -> int:
        """Return the tick at which the beat around `tick` begins."""
        return tick - (tick - self.start_of(tick)) % self.metre.beat

    def changed(self, tick: int, metre: Metre) -> "Bars":
        """Return these bars with another metre from the bar around `tick` on."""
        start = self.start_of(tick)
        return replace(self, metre=metre, tick=start, bar=self.number(start)[0])

    def moved(self, tick: int) -> "Bars":
        """Return these bars with a bar line at `tick`.

        A bar that began half a beat ago or less begins again; after that the next one begins.
        """
        number, start = self.number(tick)[0], self.start_of(tick)
        late = 2 * (tick - start) <= self.metre.beat
        return replace(self, tick=tick, bar=number if late else number + 1)

    def next_bar(self, tick: int) -> int:
        """Return the first bar line at or after a tick."""
        return tick + (self.tick - tick) % self.length

    def next_beat(self, tick: int) -> int:
        """Return the first beat at or after a tick; a bar line is one."""
        beat = self.metre.beat
        return min(tick + (self.start_of(tick) - tick) % beat, self.next_bar(tick))
