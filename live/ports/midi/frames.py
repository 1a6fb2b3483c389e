"""JACK's frames as `time.monotonic()` seconds, and back."""

from typing import Final

_WINDOW: Final = 0.1
"""Seconds whose earliest start says where the clock is: the others waited for the processor."""
_FEWEST: Final = 8
"""Periods in a window, and late ones in a row that make a step."""
_PHASE: Final = 0.03
"""Share of a window's error by which the phase is corrected, in time."""
_RATE: Final = 0.0003
"""Share of it by which the next window's length is: a card's own rate is known after some seconds."""
_SOON: Final = 0.3
"""Share by which the phase is corrected at first after a step, and how that fades."""
_FADING: Final = 0.8
_HALF: Final = 1 << 31
_STEP: Final = 1.5e-4
"""Seconds; where a run of starts comes later than that, it is no scatter: the server was held up."""
_EARLY: Final = 5e-4
"""Seconds by which no start comes early unless the server went on elsewhere."""


class FrameClock:
    """A straight line through the starts of periods, which bends slowly, and steps at once.

    A start is late where the processor was busy, and never early: what counts is the earliest of
    a tenth of a second. Notes so keep their distances to the frame, however unevenly we are called.
    JACK's own estimate needs seconds to settle after each xrun. Frames begin again after 2**32,
    as JACK's do. rate: frames a second. period: frames in a period. Threads: one.
    """

    def __init__(self, rate: int, period: int) -> None:
        self._length = 1.0 / rate
        self._window = max(round(_WINDOW * rate / period), _FEWEST)
        self._span = self._window * period
        self._frame = 0
        self._time = 0.0
        self._begun = False
        self._errors: list[float] = []
        self._late: list[float] = []
        self._settled = False
        self._share = _PHASE

    def tick(self, now: float, frame: int) -> None:
        """Take a measurement: the period that begins with `frame` was handed to us at `now`."""
        expected = self.time(frame) if self._begun else now
        self._frame, self._time, self._begun = frame, expected, True
        error = now - expected
        if error > _STEP:
            self._late.append(error)
            if len(self._late) == _FEWEST:
                self._step(min(self._late))
            return
        self._late.clear()
        if error < -_EARLY:
            self._step(error)
        elif error < 0 and not self._settled:
            # As long as little is known, the earliest start is the best.
            self._time += error
        else:
            self._errors.append(error)
            if len(self._errors) == self._window:
                self._bend(min(self._errors))

    def time(self, frame: int) -> float:
        """Return when a frame begins."""
        return self._time + offset(frame, self._frame) * self._length

    def frame(self, at: float) -> int:
        """Return the frame that is nearest to a time."""
        return self._frame + round((at - self._time) / self._length) & 0xFFFFFFFF

    def _step(self, error: float) -> None:
        self._time += error
        self._settled = False
        self._share = _SOON
        self._late.clear()
        self._errors.clear()

    def _bend(self, error: float) -> None:
        """Correct phase and rate by the error of a window's earliest start."""
        self._errors.clear()
        self._settled = True
        self._time += self._share * error
        self._length += _RATE * error / self._span
        self._share = max(self._share * _FADING, _PHASE)


def offset(frame: int, start: int) -> int:
    """Return how many frames `frame` comes after `start`; negative where it is before."""
    return ((frame - start + _HALF) & 0xFFFFFFFF) - _HALF
