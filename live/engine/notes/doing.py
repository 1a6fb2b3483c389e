"""What voices of notes alone are asked for: one line for each act, and the function that does it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from live.ipc import acts

if TYPE_CHECKING:
    from live.engine.notes.generator import Generator


def force(voice: "Generator", act: acts.Force) -> bool:
    """Give a factor of every coming step a code; -1 draws it again."""
    if act.code < 0:
        voice.forced.pop(act.factor, None)
    else:
        voice.forced[act.factor] = act.code
    return True


DOES: Final[Mapping[type[Any], Callable[["Generator", Any], bool]]] = {
    acts.Force: force,
}
"""Each returns whether anything came of it; the plan was dropped before. Replays do the same."""
