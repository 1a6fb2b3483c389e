"""The agenda: commands with a time tag, knobs for the next beat or bar, loads for a bar line."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from live.engine.stage import STEP, Stage

T = TypeVar("T")

WAITING = 256
"""How many things may wait."""


@dataclass(frozen=True, slots=True)
class _Appointment(Generic[T]):
    what: T
    at: float
    tick: float


class Agenda(Generic[T]):
    """Things that happen later, at a time or at a tick; ticks move with the tempo.

    Threads: the engine's only.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._waiting: list[_Appointment[T]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add_time(self, what: T, at: float) -> bool:
        """Let something wait for a time in seconds. False where too much waits already."""
        return self._add(_Appointment(what, at, math.inf))

    def add_tick(
        self, what: T, tick: int, instead: Callable[[T, T], bool] = lambda *_: False
    ) -> bool:
        """Let something wait for a tick: it comes just before that tick's notes are committed.

        instead: whether it takes the place of another that waits for that tick.
        """
        self._waiting = [
            one for one in self._waiting if one.tick != tick or not instead(one.what, what)
        ]
        return self._add(_Appointment(what, math.inf, tick))

    def hasten(self, tick: int) -> None:
        """Let what waits for a tick wait for this one at most."""
        self._waiting = [
            _Appointment(one.what, one.at, min(one.tick, tick)) if one.tick < math.inf else one
            for one in self._waiting
        ]

    def take(self, now: float, act: Callable[[T], None]) -> bool:
        """Act on everything due, in order of time; return whether anything was."""
        due = sorted((one for one in self._waiting if self._time(one) <= now), key=self._time)
        self._waiting = [one for one in self._waiting if self._time(one) > now]
        for one in due:
            act(one.what)
        return bool(due)

    def clear(self) -> None:
        """Drop everything that is waiting."""
        self._waiting.clear()

    def due(self) -> float:
        """Return the time of the next one."""
        return min((self._time(one) for one in self._waiting), default=math.inf)

    def _add(self, one: _Appointment[T]) -> bool:
        if len(self._waiting) >= WAITING:
            return False
        self._waiting.append(one)
        return True

    def _time(self, one: _Appointment[T]) -> float:
        if math.isinf(one.tick):
            return one.at
        return self._stage.timeline.time_of_tick(int(one.tick)) - self._stage.lead - 2 * STEP
