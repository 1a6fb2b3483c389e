"""A message with whom it came from, and the checks of what it carries."""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from live.control.control import Control
from live.control.surfaces.osc.packets import Argument, OscError
from live.control.surfaces.osc.subscribers import Peer, Subscribers
from live.ipc.commands import Command

LONGEST_WORD: Final = 64
"""Bytes of a slot's name, and of other words."""


class Desk(NamedTuple):
    """What requests act on. greet: tells one peer all that there is now. Threads: the receiving one.

    asked: told each kind of command that a request asks the engine for, now or once a file is checked.
    """

    control: Control
    subscribers: Subscribers
    greet: Callable[[Peer], None]
    asked: Callable[[type[Command]], None]

    def ask(self, command: Command) -> None:
        """Ask the engine. Raises OscError where its inbox is full."""
        if not self.control.ask(command):
            raise OscError(
                "busy", "The engine's inbox is full and this was left out: send less at a time."
            )
        self.asked(type(command))


class Request(NamedTuple):
    """One message. received: monotonic seconds.

    reply: sends a message back, refuse: says why it cannot be done; both from any thread.
    """

    address: str
    arguments: Sequence[Argument]
    at: float
    received: float
    sender: Peer
    reply: Callable[[str, Sequence[Argument]], None]
    refuse: Callable[[OscError], None]

    @property
    def played(self) -> float:
        """When the performer did it: an onset is when it was played, not when it is taken."""
        return self.at or self.received

    @property
    def lets_go(self) -> bool:
        """Whether it ends a note, or lifts the pedal: what began must not be kept from ending."""
        return self.address.endswith(("/note", "/pedal")) and list(self.arguments[-1:]) == [0]

    def takes(self, *names: str, least: int | None = None) -> None:
        """Raise OscError where there are not as many arguments as names (or `least` to as many)."""
        count = len(self.arguments)
        if not (len(names) if least is None else least) <= count <= len(names):
            wanted = " ".join(names) or "nothing"
            raise OscError("count", f"{self.address} takes {wanted}, and {count} arguments came.")

    def number(self, index: int, name: str, low: float, high: float) -> float:
        """Return an argument that is a number in a range, ends included."""
        value = self.arguments[index]
        if isinstance(value, str) or not math.isfinite(value) or not low <= value <= high:
            raise OscError("value", f"{name} is a number from {low:g} to {high:g}, not {value!r}.")
        return value

    def whole(self, index: int, name: str, low: int, high: int) -> int:
        """Return an argument that is a whole number; whole floats, True and False are."""
        value = self.number(index, name, low, high)
        if value != int(value):
            raise OscError(
                "value", f"{name} is a whole number from {low} to {high}, not {value:g}."
            )
        return int(value)

    def word(self, index: int, name: str, longest: int = LONGEST_WORD) -> str:
        """Return an argument that is a word; a number's digits are one."""
        value = self.arguments[index]
        word = value if isinstance(value, str) else f"{value:g}"
        if not word.strip() or len(word.encode()) > longest:
            raise OscError("value", f"{name} is a word of 1 to {longest} bytes.")
        return word

    def pressed(self) -> bool:
        """Return whether a button is pressed: it may send a number, and 0 when it is released."""
        self.takes("[0|1]", least=0)
        return not self.arguments or self.number(0, "a button", 0, 1) > 0
