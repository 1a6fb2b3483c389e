"""From an action and its values to an act, the same for every surface."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from live.declared.actions import Action
from live.ipc.acts import Act
from live.ipc.commands import Command

ACTS: Final[dict[str, type[Act]]] = {act.__name__.lower(): act for act in get_args(Act)}
"""The acts that actions ask for, by the action's name."""


def command(
    action: Action, values: Mapping[str, Any], voice: int, at: float, asker: tuple[str, int]
) -> Command:
    """Return what an action asks for. values: by the names of its fields, as `Field.check` returns them.

    voice: 0 where there is none. at: when it is meant to act; asker: who is told when it is done.
    """
    return Command(ACTS[action.name](**values), voice, at, asker)
