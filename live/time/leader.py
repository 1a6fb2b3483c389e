"""Who leads the clock."""

import math
from collections.abc import Callable

from live.time.sources.source import Clock, ClockSource, Pulse, Reading
from live.time.sources.table import ALONE, ANSWERED, AUTO, FIRST, SOURCES

Follow = Callable[[Reading, float], None]
"""Moves the clock to where a reading has it: the reading, now."""


class Leader:
    """Asks the source that leads, and has the clock follow it. Threads: the engine's only.

    One is chosen, at first `chosen`; `auto` is the player while a voice answers them, else the internal clock. A
    pulse gives its source the lead, which keeps it until it has said all: so a tap, a button and the tempo's knob
    count whoever was chosen.
    """

    def __init__(self, clock: Clock, follow: Follow, chosen: str = FIRST) -> None:
        self._clock = clock
        self._follow = follow
        self._sources = {name: make(clock) for name, make in SOURCES.items()}
        self.chosen = chosen
        self._leads = self._own

    def choose(self, name: str) -> None:
        """Let a source lead from now on, one of `CHOICES`."""
        self.chosen = name
        self._leads = self._own
        self._tell(self._leads)

    def hear(self, pulse: Pulse, now: float) -> None:
        """Give a pulse to the source whose it is, and follow what that makes of it."""
        for source in self._sources.values():
            if pulse.kind in source.hears:
                source.hear(pulse)
                self._ask(source, now)

    def listen(self, pulse: Pulse) -> None:
        """Give a pulse to the source that is chosen, if it goes by such."""
        if pulse.kind in self._own.follows:
            self._own.hear(pulse)

    def turn(self, now: float) -> None:
        """Follow the source that leads."""
        if math.isinf(self._leads.due()):
            self._leads = self._own
        self._ask(self._leads, now)

    def due(self) -> float:
        """Return when the one that leads wants to be read, in seconds."""
        return self._leads.due()

    def _ask(self, source: ClockSource, now: float) -> None:
        reading = source.read(now)
        if reading is None:
            return
        self._leads = source
        self._follow(reading, now)
        self._tell(source)
        if math.isinf(source.due()):
            self._leads = self._own

    @property
    def _own(self) -> ClockSource:
        """Return the source that is chosen."""
        name = self.chosen
        if name == AUTO:
            name = ALONE if self._clock.answered is None else ANSWERED
        return self._sources[name]

    def _tell(self, leads: ClockSource) -> None:
        for source in self._sources.values():
            if source is not leads:
                source.lead(self._clock.timeline)
