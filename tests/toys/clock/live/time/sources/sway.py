"""A clock that sways: faster and slower by turns, and every eighth time a bar back."""

import math

from live.time.clock import Timeline
from live.time.sources.source import Clock, ClockSource, Reading

TEMPI = (150.0, 210.0)
SWAYS = 0.4
"""Seconds until it turns."""


class Sway(ClockSource):
    """See `ClockSource`; nothing that is done by hand is its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._turns = 0.0

    def read(self, now: float) -> Reading | None:
        if now < self._turns or not self._clock.timeline.running:
            return None
        self._count += 1
        self._turns = now + SWAYS
        tempo = TEMPI[self._count % 2]
        back = self._clock.timeline.beat_of(now) - 4
        return Reading(now, tempo=tempo, knob=tempo, jump=None if self._count % 8 else back)

    def due(self) -> float:
        return self._turns if self._clock.timeline.running else math.inf

    def lead(self, timeline: Timeline) -> None:
        self._turns = 0.0
