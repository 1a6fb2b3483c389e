"""A voice that is nudged goes on at once: what it knows is as if it had just come to it."""

from live.engine.notes.minded import Minded
from live.ipc import acts


def nudge(voice: Minded, act: acts.Nudge) -> bool:
    voice.history.append(voice.history.last.moved(act.tick + act.ticks))
    return True
