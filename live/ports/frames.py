"""JACK's frames as `time.monotonic()` seconds, and back."""

from typing import Final

_NARROW: Final = 1e-4
"""How fast the measured frame length follows, and the measured phase: about a tenth of a hertz."""
_LOST: Final = 0.001
"""Seconds of error after which it starts afresh: an xrun, or a server that was stopped."""
_HALF: Final = 1 << 31


class FrameClock:
    """A slow phase-locked loop: JACK's own clock has steps of a frame, and this one has none.

    Frames are JACK's, which begin again after 2**32. Threads: one.
    """

    def __init__(self, rate: int) -> None:
        self._nominal = 1.0 / rate
        self._length = self._nominal
        self._frame = 0
        self._time = 0.0
        self._count = 0

    @property
    def running(self) -> bool:
        """Whether it has had a measurement."""
        return self._count > 0

    def tick(self, now: float, frame: int) -> None:
        """Take a measurement: JACK said `frame` at `now`, and it rounds down."""
        measured = now - 0.5 * self._nominal
        error = measured - self.time(frame)
        if not self._count or abs(error) > _LOST:
            self._frame, self._time, self._length, self._count = frame, measured, self._nominal, 1
            return
        elapsed = frame - self._frame & 0xFFFFFFFF
        self._count += 1
        # The first measurements count as in a plain mean, so that it is right at once.
        phase = max(1.0 / self._count, 2 * _NARROW**0.5)
        self._time = self.time(frame) + phase * error
        self._frame = frame
        if elapsed and phase < 0.05:
            self._length += _NARROW * error / elapsed

    def time(self, frame: int) -> float:
        """Return when a frame begins."""
        return self._time + self._since(frame) * self._length

    def frame(self, at: float) -> int:
        """Return the frame that is nearest to a time."""
        return self._frame + round((at - self._time) / self._length) & 0xFFFFFFFF

    def _since(self, frame: int) -> int:
        return ((frame - self._frame + _HALF) & 0xFFFFFFFF) - _HALF


def offset(frame: int, start: int) -> int:
    """Return how many frames `frame` comes after `start`; negative where it is before."""
    return ((frame - start + _HALF) & 0xFFFFFFFF) - _HALF
