"""How far ahead a voice of notes plans, and between which ticks its next step may fall."""

from collections.abc import Iterator

from live.engine.notes import operations as op
from live.engine.notes.answer import Answer
from live.engine.notes.answer import entry as comes_in
from live.engine.notes.ear import Ear
from live.engine.notes.generator import Generator
from live.engine.notes.operations import ANY, LAST
from live.engine.stage import Stage
from models.contract.grid import TICKS

HORIZON = 1.0
"""Seconds that are planned ahead."""
PLANNED = 64
"""Steps that are planned ahead at most."""
ENTRY = TICKS
"""Ticks within which an answer begins, or a solo."""


def limits(
    generator: Generator, ear: Ear, answer: Answer, stage: Stage, now: float, begins: bool
) -> op.Plan | None:
    """Return between which ticks one more step may be drawn now, or None.

    begins: the voice begins to play, and somebody waits to hear it.
    """
    if not stage.timeline.running or len(generator.plan) >= PLANNED:
        return None
    if generator.at_once:
        return op.Plan(floor=0, ceiling=ANY, end=ANY) if ear.owed else None
    horizon = stage.timeline.beat_of(now + HORIZON) * TICKS
    if generator.plan and generator.latest.tick >= horizon:
        return None
    floor = ANY if generator.plan else stage.reachable(now)
    entry = ANY if generator.plays else max(floor, generator.latest.tick) + ENTRY
    match generator.knobs.mode:
        case "solo":
            # Steps without a note may be planned already.
            reached = generator.latest.tick if generator.plan else floor
            ceiling = stage.bars.next_beat(reached) if begins else ANY
            return op.Plan(floor=floor, ceiling=ceiling, end=ANY)
        case "continue":
            if ear.heard and now >= ear.paused_from(stage.timeline):
                return op.Plan(floor=floor, ceiling=entry, end=ANY)
        case "respond":
            if answer:
                return _answered(generator, answer, stage, floor, entry)
    return None


def _answered(
    generator: Generator, answer: Answer, stage: Stage, floor: int, entry: int
) -> op.Plan:
    """Return the limits of a step of an answer. entry: by when its first note begins, if nothing else is asked."""
    end, knobs = answer.end, generator.knobs
    if entry != ANY and knobs.entry != "now":
        reached = generator.latest.tick if generator.plan else floor
        entry = comes_in(max(answer.begin, reached), knobs, stage.bars)
        floor = floor if floor == ANY else entry
    ceiling = ANY if entry == ANY else min(entry, end - LAST)
    return op.Plan(floor=floor, ceiling=ceiling, end=end)


def attempts(wanted: op.Plan, promised: int | None) -> Iterator[op.Plan]:
    """Yield the limits within which a step is tried: as promised, else as wanted, else at any time.

    promised: the tick by which the next note was to come; None where it was not.
    """
    if promised is not None:
        last = max(promised, wanted.floor)
        ceiling = last if wanted.ceiling == ANY else min(last, wanted.ceiling)
        yield op.Plan(floor=wanted.floor, ceiling=ceiling, end=wanted.end)
    yield wanted
    if wanted.end == ANY and wanted.ceiling != ANY:
        yield op.Plan(floor=wanted.floor, ceiling=ANY, end=ANY)
