"""Whether a voice answers the player, for who leads the clock."""

from live.engine.notes.generator import Generator
from live.engine.notes.scheduler import Scheduler
from live.engine.routing import Listening
from live.ipc.wire import PLAYER


def answers(number: int, generator: Generator, scheduler: Scheduler) -> bool | None:
    """Return whether voice `number` answers the player just now; None where it never does."""
    knobs = generator.knobs
    if knobs.mode != "respond" or not Listening.of(knobs).hears(number, PLAYER):
        return None
    return bool(scheduler.waiting().end)
