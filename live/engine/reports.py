"""What the engine reports to control: every beat, its load twice a second, and what was asked for in vain."""

import math
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from statistics import median

from live.engine.memento import SLOTS as SLOTS
from live.engine.memento import Memento
from live.engine.stage import Stage
from live.engine.voice import Voice
from live.ipc.acts import Force
from live.ipc.commands import Command
from live.ipc.news import Beat, State, Trouble
from models.contract.grid import TICKS

INTERVAL = 0.5
"""Seconds between two reports."""
NAMED = 8
"""How many slots are named to whoever asks for one that does not exist."""
FEW = 4
"""How many slots are named where they are only mentioned."""


def not_saved(slot: str, slots: Collection[str], asked: Command) -> Trouble:
    """Return the message for a recall of an empty slot. slots: those that are filled."""
    kept = ", ".join(islice(slots, NAMED)) or "nothing yet"
    more = f" and {len(slots) - NAMED} more" if len(slots) > NAMED else ""
    text = f"Nothing is saved in slot {slot!r}; saved are: {kept}{more}."
    return Trouble(code="slot", text=text, asker=asked.asker)


def full(slot: str, slots: Collection[str], asked: Command) -> Trouble | None:
    """Return the message for a save that finds no free slot; an existing slot can always be saved again."""
    if slot in slots or len(slots) < SLOTS:
        return None
    text = f"Voice {asked.voice} keeps {SLOTS} slots already: save into one of them again."
    return Trouble(code="slot", text=text, asker=asked.asker)


def not_forced(act: Force, classes: Mapping[str, int], asked: Command) -> Trouble | None:
    """Return the message for a factor or code that a model does not have. classes: how many codes each factor has."""
    if act.factor not in classes:
        text = f"A factor of what voice {asked.voice} plays is one of {', '.join(classes)}, not {act.factor!r}."
    elif act.code >= classes[act.factor]:
        most = classes[act.factor] - 1
        text = f"A code of {act.factor} is a number from -1 to {most}, not {act.code}."
    else:
        return None
    return Trouble(code="value", text=text, asker=asked.asker)


def there_again(number: int, slots: Collection[str]) -> str:
    """Return the message about slots of an earlier run."""
    return f"Voice {number}: {_named(slots)} of last time {_are(slots)} there again."


def kept_for(number: int, memento: Memento, playing: str) -> str:
    """Return the message about slots of an artifact that is not playing. playing: the name of the one that is."""
    slots, name = memento.slots, memento.name
    # A model that was trained or exported again has the name of the one before.
    owner, it = (f"another {name}", "that one") if name == playing else (name, "it")
    return (
        f"Voice {number}: {_named(slots)} {'belongs' if len(slots) == 1 else 'belong'} to {owner}, "
        f"and {_are(slots)} there again when {it} plays."
    )


def not_kept(number: int, memento: Memento) -> str:
    """Return what is said of slots of an artifact that was left before the disk said what is kept of it."""
    slots = memento.slots
    return f"Voice {number}: {_named(slots)} of {memento.name} {_are(slots)} lost, for the disk is too slow."


def _named(slots: Collection[str]) -> str:
    named = [repr(slot) for slot in slots]
    if len(named) > FEW:
        named[FEW - 1 :] = [f"{len(named) - FEW + 1} more"]
    *first, last = named
    return f"slots {', '.join(first)} and {last}" if first else f"slot {last}"


def _are(slots: Collection[str]) -> str:
    return "is" if len(slots) == 1 else "are"


class Reports:
    """Threads: the engine's only."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._told = -1
        """The tick of the beat that was told last."""
        self._last = -math.inf

    def due(self) -> float:
        """Return when the next beat begins."""
        if not self._stage.timeline.running:
            return math.inf
        return self._stage.timeline.time_of_tick(self._stage.bars.next_beat(self._told + 1))

    def jumped(self) -> None:
        """Tell the beats that come after a jump of the clock, also those that came before."""
        self._told = math.ceil(self._stage.timeline.last.beat * TICKS - 1e-6) - 1

    def give(self, now: float, voices: Iterable[Voice], waiting: int) -> bool:
        """Tell of a beat that has begun, and of the last half second; return whether it is over."""
        self._give_beat(now)
        if now - self._last < INTERVAL:
            return False
        self._last = now
        done = [voice.effort() for voice in voices]
        steps = [step for one in done for step in one.steps]
        self._stage.news(
            State(
                running=self._stage.timeline.running,
                step_us=1e6 * median(steps) if steps else 0.0,
                worst_us=1e6 * max(steps, default=0.0),
                holds=sum(one.holds for one in done),
                inbox=waiting,
                planned=sum(one.planned for one in done),
            )
        )
        return True

    def _give_beat(self, now: float) -> None:
        timeline, bars = self._stage.timeline, self._stage.bars
        tick = bars.beat_of(math.floor(timeline.beat_of(now) * TICKS + 1e-6))
        if tick <= self._told or not timeline.running:
            return
        self._told = tick
        bar, beat = bars.number(tick)
        tempo, at = timeline.last.tempo, timeline.time_of_tick(tick)
        self._stage.news(Beat(bar=bar, beat=beat, tempo=tempo, at=at, metre=str(bars.metre)))
