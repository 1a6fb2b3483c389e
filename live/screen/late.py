"""Sound that came too late, told to the player now and then."""

import math
from typing import Final

from live.ipc.news import Sounding

AGAIN: Final = 10.0
"""Seconds after which more of it is told."""
LITTLE: Final = 0.4
"""Of real time: a network that takes less is not what was too slow."""


class Late:
    """Remembers what was told of each voice. Threads: one."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[int, float]] = {}

    def news(self, message: Sounding, now: float) -> str:
        """Return what the player should read of it, at `now` in seconds; often nothing."""
        count, at = self._told.get(message.voice, (0, -math.inf))
        if message.late < count:
            # It was started again, and counts anew.
            count = 0
            self._told[message.voice] = count, at
        if message.late <= count or now - at < AGAIN:
            return ""
        self._told[message.voice] = message.late, now
        return _said(message.voice, message.late - count, message.share)


def _said(voice: int, missed: int, share: float) -> str:
    """share: of real time, that the network takes."""
    blocks = "block" if missed == 1 else "blocks"
    text = f"Voice {voice}: {missed} {blocks} of sound came too late and left a gap: "
    if share < LITTLE:
        return f"{text}something else held this machine up; close what you do not play with."
    return (
        f"{text}its network takes {share:.0%} of real time here; close other programs, or load a "
        "smaller one."
    )
