"""Sound that came too late, told to the performer now and then."""

from typing import Final

from live.wire import Sounding

AGAIN: Final = 10.0
"""Seconds after which more of it is told."""


class Late:
    """Remembers what was told of each voice; of the first the engine tells itself. Threads: one."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[int, float]] = {}

    def news(self, message: Sounding, now: float) -> str:
        """Return what the performer should read of it, at `now` in seconds; often nothing."""
        if message.late and message.voice not in self._told:
            self._told[message.voice] = message.late, now
        count, at = self._told.get(message.voice, (0, now))
        if message.late < count:
            # It was started again, and counts anew.
            count = 0
            self._told[message.voice] = count, at
        if message.late <= count or now - at < AGAIN:
            return ""
        self._told[message.voice] = message.late, now
        missed = message.late - count
        blocks = "block" if missed == 1 else "blocks"
        return (
            f"Voice {message.voice}: {missed} {blocks} of sound came too late and left a gap; "
            f"its network takes {message.share:.0%} of a core."
        )
