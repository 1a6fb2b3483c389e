"""Taps on the clock: they set its tempo, and bring its beat to where they fall."""

import math

from live.declared.knobs import TRANSPORT
from live.engine.stage import Stage
from live.time.clock import Tapper
from models.contract.performance import TICKS

NEAR = 0.25
"""Ticks between beat and tap that nobody hears."""
LEAST = 0.25
"""The share of a beat that the clock goes on to the next tap at least: it never waits, nor goes back."""


class Taps:
    """Hears taps. A tap is one beat of a foot: in 6/8 three eighths.

    The clock is stretched until the next tap is due, so that a beat falls there; what is planned
    moves with it. Threads: the engine's only.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._tapper = Tapper()
        self._tempo = 0.0
        self._meets = math.inf

    def tap(self, at: float) -> float | None:
        """Take a tap; return the tempo in beats a minute, in the knob's range, or None where there is none yet."""
        taps = self._tapper.tap(at)
        if taps is None:
            return None
        knob = TRANSPORT["tempo"]
        tempo = taps * self._stage.bars.metre.pulse / TICKS
        return min(max(tempo, knob.low), knob.high)

    def meet(self, at: float, tempo: float, now: float) -> None:
        """Bring a beat to the tap that follows the one at `at`, and go on at `tempo` from there."""
        stage, pulse = self._stage, self._stage.bars.metre.pulse
        spacing = pulse / TICKS * 60 / tempo
        meets = at + spacing * (math.floor((now - at) / spacing) + 1)
        here = stage.timeline.beat_of(now) * TICKS
        ahead = (meets - now) * tempo / 60 * TICKS
        if ahead < pulse / 2:
            # A tap that came late: too little is left for the clock to be stretched over.
            meets, ahead = meets + spacing, ahead + pulse
        first = stage.bars.tick
        line = first + round((here + ahead - first) / pulse) * pulse
        if line < here + LEAST * ahead:
            line += pulse
        if abs(line - here - ahead) < NEAR:
            self.leave()
            stage.change(now, tempo)
            return
        self._tempo, self._meets = tempo, meets
        stage.change(now, tempo * (line - here) / ahead)

    def leave(self) -> None:
        """The clock goes on otherwise."""
        self._meets = math.inf

    def due(self) -> float:
        """Return when beat and tap meet; infinity where they have."""
        return self._meets

    def turn(self, now: float) -> None:
        """Go on at the tapped tempo once beat and tap have met."""
        if now >= self._meets:
            self._stage.change(self._meets, self._tempo)
            self.leave()
