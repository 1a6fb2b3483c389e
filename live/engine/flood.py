"""Knobs that are turned faster than anybody could follow: of what acts at one moment, the last turn counts."""

from collections.abc import Sequence
from typing import Final

from live.commands import Command, SetKnob

EVERY: Final = frozenset(("freeze", "when"))
"""Knobs of which each turn counts: off and on again freezes another moment, and `when` is for what follows."""


def same_knob(one: Command, other: Command) -> bool:
    """Return whether of two turns at the same moment, only the later counts."""
    return (
        isinstance(one, SetKnob)
        and isinstance(other, SetKnob)
        and (one.voice, one.knob) == (other.voice, other.knob)
        and one.knob not in EVERY
    )


def newest(asked: Sequence[Command], now: float) -> list[Command]:
    """Return what came at once without turns of knobs that are turned again before anything else is asked.

    now: seconds; what is meant for later is left as it is.
    """
    kept: list[Command] = []
    turned: set[tuple[int, str]] = set()
    for command in reversed(asked):
        if not isinstance(command, SetKnob) or command.at > now or command.knob == "when":
            turned.clear()
        elif (command.voice, command.knob) in turned:
            continue
        elif command.knob not in EVERY:
            turned.add((command.voice, command.knob))
        kept.append(command)
    return kept[::-1]
