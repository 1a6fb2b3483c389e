"""A voice that is nudged goes on at once: what it knows is as if it had just come to it."""

from typing import TYPE_CHECKING

from live.ipc import acts

if TYPE_CHECKING:
    from live.engine.notes.generator import Generator


def nudge(voice: "Generator", act: acts.Nudge) -> bool:
    voice.history.append(voice.history.last.moved(act.tick + act.ticks))
    return True
