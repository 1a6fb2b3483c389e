"""Bringing the clock's beat to somebody's: the clock is stretched until they meet, and goes on with them."""

import math
from typing import Final

from live.time.sources.source import Clock, Reading
from models.contract.grid import TICKS

NEAR: Final = 0.25
"""Ticks between two beats that nobody hears."""
LEAST: Final = 0.25
"""The share of a beat that the clock goes on until they meet at least: it never waits, nor goes back."""


class Meeting:
    """Where the clock's beat and another one meet, if they are to. Threads: the engine's only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tempo = 0.0
        self.at = math.inf
        """When they meet, in seconds; infinity where they have."""

    def read(self, now: float) -> Reading | None:
        """Return how the clock goes on once they have met."""
        if now < self.at:
            return None
        met, self.at = self.at, math.inf
        return Reading(met, tempo=self._tempo)

    def to(self, at: float, tempo: float, now: float) -> Reading:
        """Return how the clock comes to beats that fall at `at` and as `tempo` has it, which it goes on at."""
        timeline, bars = self._clock.timeline, self._clock.bars
        pulse = bars.metre.pulse
        spacing = pulse / TICKS * 60 / tempo
        meets = at + spacing * (math.floor((now - at) / spacing) + 1)
        here = timeline.beat_of(now) * TICKS
        ahead = (meets - now) * tempo / 60 * TICKS
        if ahead < pulse / 2:
            # One that comes too soon: too little is left for the clock to be stretched over.
            meets, ahead = meets + spacing, ahead + pulse
        line = bars.tick + round((here + ahead - bars.tick) / pulse) * pulse
        if line < here + LEAST * ahead:
            line += pulse
        if abs(line - here - ahead) < NEAR:
            self.at = math.inf
            return Reading(now, tempo=tempo, knob=tempo)
        self._tempo, self.at = tempo, meets
        return Reading(now, tempo=tempo * (line - here) / ahead, knob=tempo)
