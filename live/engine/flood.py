"""Flood control: of a knob only the last turn counts, and everything else is done a little at a time."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from live.declared.knobs import KNOBS
from live.ipc.acts import Panic, Quit, SetKnob
from live.ipc.commands import Command

PORTION: Final = 32
"""How many commands besides knobs are done in one turn: each may cost a step of a network."""
MOST: Final = 1024
"""How many commands may wait for that."""

_EACH: Final = frozenset(knob.name for knob in KNOBS if knob.each)
"""Knobs of which each turn counts: off and on again freezes another moment, and `when` is for what follows."""


def same_knob(one: Command, other: Command) -> bool:
    """Return whether of two turns at the same moment, only the later counts."""
    return (
        isinstance(one.act, SetKnob)
        and isinstance(other.act, SetKnob)
        and (one.voice, one.act.knob) == (other.voice, other.act.knob)
        and one.act.knob not in _EACH
    )


def newest(asked: Sequence[Command], now: float) -> list[Command]:
    """Return what came at once without turns of knobs that are turned again before anything else is asked.

    now: seconds; what is meant for later is left as it is.
    """
    kept: list[Command] = []
    turned: set[tuple[int, str]] = set()
    for command in reversed(asked):
        act = command.act
        if not isinstance(act, SetKnob) or command.at > now or act.knob in _EACH:
            turned.clear()
        elif (command.voice, act.knob) in turned:
            continue
        else:
            turned.add((command.voice, act.knob))
        kept.append(command)
    return kept[::-1]


class Portions:
    """Commands that wait until those before them are done. Threads: the engine's."""

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque()
        self._forgotten = 0
        self._next_word = -math.inf

    def __bool__(self) -> bool:
        """Return whether any wait."""
        return bool(self._waiting)

    def add(self, asked: Iterable[Command], now: float) -> None:
        """Take commands. What came before a panic or a quit that is for now is not done any more."""
        for command in asked:
            if isinstance(command.act, Panic | Quit) and command.at <= now:
                self._waiting.clear()
            if len(self._waiting) < MOST:
                self._waiting.append(command)
            else:
                self._forgotten += 1

    def complaint(self, now: float) -> str | None:
        """Return how many were too many since the last such sentence, once a second at most."""
        if not self._forgotten or now < self._next_word:
            return None
        self._next_word, count, self._forgotten = now + 1.0, self._forgotten, 0
        return f"{MOST} commands wait already, and {count} more were forgotten: send fewer."

    def next(self) -> list[Command]:
        """Return what is to be done in this turn, in order."""
        portion: list[Command] = []
        left = PORTION
        while self._waiting and left:
            portion.append(self._waiting.popleft())
            left -= not isinstance(portion[-1].act, SetKnob)
        return portion
