"""A message and its sender, with checks of its arguments."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from live.control.control import Control
from live.control.surfaces.osc.packets import Argument, OscError
from live.control.surfaces.osc.subscribers import Peer, Subscribers
from live.declared.actions import Field, FieldError
from live.declared.knob import Value
from live.ipc.acts import Act
from live.ipc.commands import Command

_BUTTON: Final = Field(
    name="0|1", called="a button", kind="float", default=1.0, help="0 is its release"
)


class Context(NamedTuple):
    """What requests act on. greet: tells one peer all that there is now. Threads: the receiving one.

    asked: told each kind of command that a request asks the engine for, now or once a file is checked.
    """

    control: Control
    subscribers: Subscribers
    greet: Callable[[Peer], None]
    asked: Callable[[type[Act]], None]

    def ask(self, command: Command) -> None:
        """Ask the engine. Raises OscError where its inbox is full."""
        if not self.control.ask(command):
            raise OscError(
                "busy", "The engine's inbox is full and this was left out: send less at a time."
            )
        self.asked(type(command.act))


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
        """When the player did it: an onset is when it was played, not when it is taken."""
        return self.at or self.received

    def takes(self, *names: str, least: int | None = None) -> None:
        """Raise OscError where there are not as many arguments as names (or `least` to as many)."""
        count = len(self.arguments)
        if not (len(names) if least is None else least) <= count <= len(names):
            wanted = " ".join(names) or "nothing"
            came = "1 argument" if count == 1 else f"{count} arguments"
            raise OscError("count", f"{self.address} takes {wanted}, and {came} came.")

    def values(self, fields: Sequence[Field]) -> dict[str, Value]:
        """Return the arguments by the fields' names, each checked. Raises OscError for their count, or for one."""
        if not fields:
            return {}
        self.takes(
            *(field.usage for field in fields), least=sum(field.default is None for field in fields)
        )
        given: dict[str, Value] = {}
        value: Value | None = None
        for index, field in enumerate(fields):
            if index == len(self.arguments):
                given |= {
                    one.name: one.default for one in fields[index:] if one.default is not None
                }
                break
            try:
                value = field.check(self.arguments[index], value)
            except FieldError as error:
                raise OscError("value", *error.args) from None
            given[field.name] = value
        return given

    def pressed(self, always: bool = False) -> bool:
        """Return whether a button is pressed: it may send a number, and 0 when it is released.

        always: whatever else it sends.
        """
        if always:
            return tuple(self.arguments) != (0,)
        return bool(self.values((_BUTTON,))[_BUTTON.name])
