"""JACK's frames as `time.monotonic()` seconds, and back."""

from typing import Final

_NARROW: Final = 1e-5
"""How fast the loop follows: it forgets in about a second."""
_SCATTER: Final = 1e-4
"""Seconds by which the start of a period may scatter; more than this tells nothing more."""
_STEP: Final = 3e-4
"""From here on it is no scatter: the server was held up, and all later frames with it."""
_PATIENCE: Final = 4
"""Late starts in a row that make a step; early ones do not happen otherwise."""
_HALF: Final = 1 << 31


class FrameClock:
    """A slow phase-locked loop over the starts of periods, which follows steps at once.

    JACK's own estimate needs seconds to settle after each xrun. Frames begin again after 2**32,
    as JACK's do. rate: frames a second. period: frames in a period. Threads: one.
    """

    def __init__(self, rate: int, period: int) -> None:
        self._period = period
        self._length = 1.0 / rate
        self._frame = 0
        self._time = 0.0
        self._count = 0
        self._late: list[float] = []

    def tick(self, now: float, frame: int) -> None:
        """Take a measurement: the period that begins with `frame` was handed to us at `now`."""
        if not self._count:
            self._frame, self._time, self._count = frame, now, 1
            return
        expected = self.time(frame)
        error = now - expected
        self._frame, self._time = frame, expected
        if error > _STEP:
            self._late.append(error)
            if len(self._late) < _PATIENCE:
                return
            error = min(self._late)
        self._late.clear()
        if abs(error) > _STEP:
            self._time, self._count = expected + error, 1
            return
        self._count += 1
        error = max(min(error, _SCATTER), -_SCATTER)
        # The first measurements count as in a plain mean.
        self._time += max(1.0 / self._count, 2 * _NARROW**0.5) * error
        self._length += _NARROW * error / self._period

    def time(self, frame: int) -> float:
        """Return when a frame begins."""
        return self._time + offset(frame, self._frame) * self._length

    def frame(self, at: float) -> int:
        """Return the frame that is nearest to a time."""
        return self._frame + round((at - self._time) / self._length) & 0xFFFFFFFF


def offset(frame: int, start: int) -> int:
    """Return how many frames `frame` comes after `start`; negative where it is before."""
    return ((frame - start + _HALF) & 0xFFFFFFFF) - _HALF
