"""Whose turn it is among voices that hear each other: one answers, the others let it end; or they trade bars."""

import math
from collections.abc import Callable, Collection, Iterator
from typing import Protocol


class Taking(Protocol):
    """A voice that takes turns. Threads: the engine's only."""

    @property
    def until(self) -> float:
        """Return when what it plays as its answer is over, in seconds; minus infinity where it gives none."""

    @property
    def solo(self) -> bool:
        """Return whether it plays without waiting for anybody, and is heard."""

    def waits(self, now: float) -> int | None:
        """Return since which tick it waits to answer, if its time has come; None where it has not."""


class Turns:
    """Those who take turns, by number. Threads: the engine's only.

    partners: says whom of the others a voice hears that hear it.
    """

    def __init__(self) -> None:
        self.partners: Callable[[int], Collection[int]] = lambda _voice: ()
        self.taking: dict[int, Taking] = {}

    def free_from(self, voice: int) -> float:
        """Return when the answers that a voice's partners give are over, in seconds."""
        return max((self.taking[one].until for one in self._others(voice)), default=-math.inf)

    def may_begin(self, voice: int, now: float) -> bool:
        """Return whether a voice may answer now: nobody else does, and no one else who could has waited longer."""
        if self.free_from(voice) > now:
            return False
        ours = self._order(voice, now)
        return not any(
            self._order(one, now) < ours
            for one in self._others(voice)
            if self.taking[one].waits(now) is not None and self.free_from(one) <= now
        )

    def traders(self, voice: int) -> tuple[int, ...]:
        """Return the partners with whom a voice shares a solo; none where it does not play one."""
        if not self.taking[voice].solo:
            return ()
        return tuple(sorted(one for one in self._others(voice) if self.taking[one].solo))

    def _others(self, voice: int) -> Iterator[int]:
        return (one for one in self.partners(voice) if one in self.taking)

    def _order(self, voice: int, now: float) -> tuple[int, int]:
        return self.taking[voice].waits(now) or 0, voice
