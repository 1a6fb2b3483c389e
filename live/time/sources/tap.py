"""Taps on the clock: they set its tempo, and bring its beat to where they fall."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from live.declared.knobs import CLOCK_KNOBS
from live.time.clock import Timeline
from live.time.sources.meeting import Meeting
from live.time.sources.source import Clock, ClockSource, Pulse, Reading
from models.contract.grid import TICKS

TAPS: Final = 4
"""How many intervals a tapped tempo looks back on."""
SLOWEST_TAP: Final = 3.0
"""Seconds after which a tap begins a new tempo."""


@dataclass(slots=True)
class Tapper:
    """Works out a tempo from taps."""

    taps: deque[float] = field(default_factory=lambda: deque(maxlen=TAPS + 1))

    def tap(self, at: float) -> float | None:
        """Take a tap; return the tempo in beats a minute, or None where there is none yet."""
        if self.taps and not 0 < at - self.taps[-1] < SLOWEST_TAP:
            self.taps.clear()
        self.taps.append(at)
        if len(self.taps) < 2:
            return None
        return 60 * (len(self.taps) - 1) / (self.taps[-1] - self.taps[0])


class Tap(ClockSource):
    """Hears taps. A tap is one beat of a foot: in 6/8 three eighths.

    The clock is stretched until the next tap is due, so that a beat falls there; what is planned
    moves with it.
    """

    hears = frozenset(("tap",))

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tapper = Tapper()
        self._tapped: tuple[float, float] | None = None
        """A tap that was not read yet, and the tempo in it."""
        self._meeting = Meeting(clock)

    def hear(self, pulse: Pulse) -> None:
        """Take a tap."""
        taps = self._tapper.tap(pulse.at)
        if taps is not None:
            knob = CLOCK_KNOBS["tempo"]
            tempo = taps * self._clock.bars.metre.pulse / TICKS
            self._tapped = pulse.at, min(max(tempo, knob.low), knob.high)

    def read(self, now: float) -> Reading | None:
        """Return how the clock is to go to the next tap, and once beat and tap have met how it goes on."""
        if self._tapped is None:
            return self._meeting.read(now)
        (at, tempo), self._tapped = self._tapped, None
        if not self._clock.timeline.running:
            return Reading(now, knob=tempo)
        return self._meeting.to(at, tempo, now)

    def due(self) -> float:
        """Return when beat and tap meet; infinity where they have."""
        return self._meeting.at

    def lead(self, timeline: Timeline) -> None:
        """Beat and tap need not meet any more: the clock goes on otherwise."""
        self._meeting.at = math.inf
