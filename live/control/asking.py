"""From an action and its values to what the engine is asked, whatever surface they came by."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from live.declared.actions import Action
from live.ipc.commands import Command, Play

COMMANDS: Final[dict[str, type[Command]]] = {
    **{command.__name__.lower(): command for command in get_args(Command)},
    "note": Play,
}
"""What each action asks the engine for, by the action's name: the command of its name, but for this one."""


def command(
    action: Action, values: Mapping[str, Any], voice: int, at: float, asker: tuple[str, int]
) -> Command:
    """Return what an action asks for. values: by the names of its fields, as `Field.check` returns them.

    voice: 0 where there is none. at: when it is meant to act; asker: who is told when it is done.
    """
    kind = COMMANDS[action.name]
    about: dict[str, Any] = {"voice": voice, "asker": asker}
    about = {name: value for name, value in about.items() if name in kind.__struct_fields__}
    return kind(at=at, **about, **values)
