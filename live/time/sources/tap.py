"""Taps on the clock: they set its tempo, and bring its beat to where they fall."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from live.declared.knobs import CLOCK_KNOBS
from live.time.clock import Timeline
from live.time.sources.source import Clock, ClockSource, Pulse, Reading
from models.contract.grid import TICKS

TAPS: Final = 4
"""How many intervals a tapped tempo looks back on."""
SLOWEST_TAP: Final = 3.0
"""Seconds after which a tap begins a new tempo."""
NEAR: Final = 0.25
"""Ticks between beat and tap that nobody hears."""
LEAST: Final = 0.25
"""The share of a beat that the clock goes on to the next tap at least: it never waits, nor goes back."""


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
        self._tempo = 0.0
        self._meets = math.inf

    def hear(self, pulse: Pulse) -> None:
        """Take a tap."""
        taps = self._tapper.tap(pulse.at)
        if taps is not None:
            knob = CLOCK_KNOBS["tempo"]
            tempo = taps * self._clock.bars.metre.pulse / TICKS
            self._tapped = pulse.at, min(max(tempo, knob.low), knob.high)

    def read(self, now: float) -> Reading | None:
        """Return how the clock is to go to the next tap, and once beat and tap have met how it goes on."""
        if self._tapped is not None:
            (at, tempo), self._tapped = self._tapped, None
            return self._meet(at, tempo, now)
        if now >= self._meets:
            meets, self._meets = self._meets, math.inf
            return Reading(meets, tempo=self._tempo)
        return None

    def due(self) -> float:
        """Return when beat and tap meet; infinity where they have."""
        return self._meets

    def lead(self, timeline: Timeline) -> None:
        """Beat and tap need not meet any more: the clock goes on otherwise."""
        self._meets = math.inf

    def _meet(self, at: float, tempo: float, now: float) -> Reading:
        """Bring a beat to the tap that follows the one at `at`, and go on at `tempo` from there."""
        timeline, bars = self._clock.timeline, self._clock.bars
        if not timeline.running:
            return Reading(now, knob=tempo)
        pulse = bars.metre.pulse
        spacing = pulse / TICKS * 60 / tempo
        meets = at + spacing * (math.floor((now - at) / spacing) + 1)
        here = timeline.beat_of(now) * TICKS
        ahead = (meets - now) * tempo / 60 * TICKS
        if ahead < pulse / 2:
            # A tap that came late: too little is left for the clock to be stretched over.
            meets, ahead = meets + spacing, ahead + pulse
        line = bars.tick + round((here + ahead - bars.tick) / pulse) * pulse
        if line < here + LEAST * ahead:
            line += pulse
        if abs(line - here - ahead) < NEAR:
            self._meets = math.inf
            return Reading(now, tempo=tempo, knob=tempo)
        self._tempo, self._meets = tempo, meets
        return Reading(now, tempo=tempo * (line - here) / ahead, knob=tempo)
