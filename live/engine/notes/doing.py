"""What voices of notes alone are asked for: one line for each act, and the function that does it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from live.declared.actions import OFF
from live.engine.notes.minded import Minded
from live.engine.notes.pointing import let_go
from live.engine.notes.sections import Sections
from live.ipc import acts


def force(voice: Minded, act: acts.Force) -> bool:
    """Give a factor of every coming step a code; -1 draws it again."""
    if act.code < 0:
        voice.forced.pop(act.factor, None)
    else:
        voice.forced[act.factor] = act.code
    return True


def plan(voice: Minded, act: acts.Plan) -> bool:
    """Play a form from the next bar line on, or none any more; what was pointed at is let go."""
    given = act.sections.upper()
    voice.sections = None if given == OFF else Sections(given, act.bars, act.tick)
    let_go(voice.history, "plan")
    return True


DOES: Final[Mapping[type[Any], Callable[[Minded, Any], bool]]] = {
    acts.Force: force,
    acts.Plan: plan,
}
"""Each returns whether anything came of it; the plan was dropped before. Replays do the same."""
