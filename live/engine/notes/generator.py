"""What a voice plays: one model, its memory, its plan, its knobs. What happens to it are operations, nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import assert_never

import numpy as np

from live.declared.knob import Value
from live.declared.knobs import EVENTS, NoteKnobs, turned, values
from live.declared.metre import Metre
from live.engine.notes import operations as op
from live.engine.notes.draw import Draw, Event
from live.engine.notes.history import Knowledge, Memory, Moment, Slot, louder, sounding
from live.engine.notes.operations import ANY
from live.engine.notes.past import Past
from live.ipc import acts
from live.time.clock import Bars
from models.contract.performance import (
    FACTORS,
    HELD,
    Codes,
    Note,
    duration_code,
    place,
    start_event,
    time_code,
    velocity_code,
)
from models.contract.stream import EventStream

RECALLED = 64
"""Events that are played to a model that takes over, so that it goes on from what was."""

SOUNDING = 64
"""Moments among which the notes that still sound are looked for."""

STRUCK = 32
"""Notes of its own that a voice that is to vary keeps in mind."""

HEARD = 15
"""Notes of the player that the touch follows, besides the last."""

Loader = Callable[[str], EventStream]
"""Finds an artifact's model; in the engine it is already loaded when it is asked for."""


class Generator:
    """What one voice plays: deterministic, knows nothing of seconds.

    Threads: the engine's only. `do` raises nothing for operations that the engine makes.
    """

    def __init__(self, number: int, loader: Loader) -> None:
        self.number = number
        self.knobs = NoteKnobs()
        self.bars = Bars()
        self.plan: list[Moment] = []
        self.slots: dict[str, Slot] = {}
        self.forced: dict[str, int] = {}
        self.mementos: dict[str, Past] = {}
        """What there is to go on from, by the digest under which `op.Restore` names it."""
        self._loader = loader
        self._hushed = 0
        self._held_start = False
        """START goes in as in old journals; see `op.Begin`."""
        self._frozen: Moment | None = None
        """What the voice comes back to again and again."""
        self._draws = False
        self._asked: Moment | None = None
        self._floor = 0
        """The floor when the event after `_asked` was first drawn; see `Draw.event`."""

    def do(self, operation: op.Operation) -> bool:
        """Do one operation. Returns False where it came to nothing: no event could be drawn, no such slot."""
        match operation:
            case op.Begin():
                self.knobs = turned(self.knobs, operation.knobs)
                self._held_start = operation.held_start
                self._model = self._loader(operation.path)
                self.memory = Memory(self._start(operation.tick, 0))
                self._freeze()
            case acts.Play():
                self.plan.clear()
                self._hear(Note(operation.tick, operation.pitch, operation.velocity, 0))
            case op.Lift():
                return self._lift(operation.tick, operation.pitch)
            case op.Plan():
                return self._extend(operation)
            case op.Drop():
                self.plan.clear()
            case op.Commit():
                self._commit()
            case acts.SetKnob():
                self._turn(operation.knob, operation.value)
            case acts.Force():
                self._force(operation.factor, operation.code)
            case acts.Save():
                self.slots[operation.slot] = self._slot(operation.tick)
            case acts.Recall() | acts.Rewind() | acts.Reset():
                return self._go_back(operation)
            case op.Hush():
                self._hushed = operation.tick
            case op.Jump():
                self._jump(operation.ticks)
            case acts.Load():
                self._load(operation)
            case op.Restore():
                self._restore(self.mementos[operation.digest], operation.whole)
            case op.Measure():
                self.bars = Bars(
                    Metre(operation.metre, operation.unit), operation.tick, operation.bar
                )
            case _:
                assert_never(operation)
        return True

    @property
    def latest(self) -> Moment:
        """Return the moment that the next draw goes on from."""
        return self.plan[-1] if self.plan else self.memory.last

    def past(self) -> Past:
        """Return what it knows, but for what is planned."""
        for moment in (self.memory.last, *(slot.moment for slot in self.slots.values())):
            # Others can be fed again; these are where all goes on from.
            moment.knowledge()
        return Past(
            tuple(self.memory.moments),
            dict(self.slots),
            self._frozen,
            self.knobs,
            dict(self.forced),
            self.bars,
            self._hushed,
            self._held_start,
            self._floor if self._asked is self.memory.last else None,
        )

    def stolen(self) -> list[Moment]:
        """Return whose notes end as the first planned one begins: its own pitch, and for want of room the oldest."""
        begins = self.plan[0]
        assert begins.note is not None
        pitch, room = begins.note.pitch, self.knobs.polyphony
        found = sounding(self.memory.moments[-SOUNDING:], begins.tick, self._hushed)
        notes = [(one.note.pitch == pitch, one) for one in found if one.note]
        again = [one for same, one in notes if same and one.tick < begins.tick]
        others = [one for same, one in notes if not same]
        held = [one for one in others if one.tick < begins.tick]
        return again + held[: max(len(others) + 1 - room, 0)]

    def warm(self) -> None:
        """Throw away a step, or a draw, in turns, so that weights and code stay in the caches.

        Half of an event at a time: a note that comes meanwhile has to wait.
        """
        last = self.memory.last
        self._draws = not self._draws
        if self._draws:
            self._draw(last, op.Plan(floor=last.tick, ceiling=-1, end=-1), last.tick)
        else:
            self._model.advance(last.codes[None], self._place(last.tick)[None], last.state)

    def _commit(self) -> None:
        for moment in self.stolen():
            self.memory.shorten(moment, self.plan[0].tick)
        self.memory.append(self.plan.pop(0))

    def _turn(self, knob: str, value: Value) -> None:
        before, self.knobs = self.knobs, turned(self.knobs, {knob: value})
        if self.knobs.freeze != before.freeze:
            self._freeze()

    def _extend(self, limits: op.Plan) -> bool:
        last = self.latest
        if not self.plan and self._asked is not last:
            self._asked, self._floor = last, limits.floor
        event = self._draw(last, limits, limits.floor if self.plan else self._floor)
        if event is None:
            return False
        self.plan.append(self._feed(last, event.note, event.gap, own=True))
        return True

    def _draw(self, last: Moment, limits: op.Plan, first: int) -> Event | None:
        struck = sum(at == last.tick for at, _ in last.struck)
        draw = Draw(self._model, self.knobs, self.forced, self.number, self._place, self.bars)
        return draw.event(last, limits, first, struck)

    def _hear(self, note: Note) -> None:
        later = self.memory.cut(note.onset, note.pitch)
        self._feed_all([(note, False), *_notes(later)])

    def _lift(self, tick: int, pitch: int) -> bool:
        taken = self.memory.cut_held(pitch)
        if not taken:
            return False
        self.plan.clear()
        held, *later = taken
        assert held.note is not None
        note = Note(held.tick, pitch, held.note.velocity, max(tick - held.tick, 1))
        self._feed_all([(note, False), *_notes(later)])
        return True

    def _feed_all(self, notes: Iterable[tuple[Note, bool]]) -> None:
        """Remember notes, each with whether it is the voice's own.

        Steps are taken at once: else a whole phrase would have to be worked out when its answer is due.
        """
        for note, own in notes:
            last = self.memory.last
            gap = time_code(max(note.onset - last.tick, 0))
            self.memory.append(self._feed(last, note, gap, own))
            self.memory.last.knowledge()

    def _feed(self, last: Moment, note: Note, gap: int, own: bool) -> Moment:
        """Return the moment after a note; the step to it is taken when somebody asks what is known."""
        frozen = self._frozen
        thawed = frozen is None or note.onset <= frozen.tick
        struck, heard = last.struck, last.heard
        if own:
            struck = (*struck[-STRUCK:], (note.onset, note.pitch))
        elif thawed:
            heard = (*heard[-HEARD:], (note.onset, note.velocity))
        touch = velocity_code(note.velocity - louder(heard))
        codes = np.array([gap, note.pitch, touch, duration_code(note.duration), 0], np.int64)
        before = last if thawed else self._comes_back(last, note.onset)
        knowledge = before.knowledge
        if own or thawed:
            at, model = self._place(note.onset), self._model
            knowledge = Knowledge(lambda: model.advance(codes[None], at[None], before.state))
        return Moment(
            note.onset, codes, note, last.number + own, knowledge,
            own=own, struck=struck, heard=heard,
        )  # fmt: skip

    def _freeze(self) -> None:
        self._frozen = self.memory.last if self.knobs.freeze else None

    def _comes_back(self, last: Moment, onset: int) -> Moment:
        """Return what a note is fed to while the voice is frozen: every few bars, the frozen moment."""
        frozen = self._frozen
        assert frozen is not None
        span = self.bars.length * self.knobs.bars
        same = (last.tick - frozen.tick) // span == (onset - frozen.tick) // span
        return last if same else frozen

    def _start(self, tick: int, number: int) -> Moment:
        codes = start_event()
        if self._held_start:
            codes[FACTORS.index("duration")] = HELD
        at, model = self._place(tick), self._model
        knowledge = Knowledge(lambda: model.advance(codes[None], at[None], model.initial_state()))
        knowledge()
        return Moment(tick, codes, None, number, knowledge, fixed=True)

    def _place(self, tick: int) -> Codes:
        return np.array(place(tick, self.bars.start_of(tick), self.bars.metre.eighths), np.int64)

    def _force(self, factor: str, code: int) -> None:
        if code < 0:
            self.forced.pop(factor, None)
        else:
            self.forced[factor] = code

    def _go_back(self, operation: acts.Recall | acts.Rewind | acts.Reset) -> bool:
        planned: list[Moment] = []
        followed: tuple[Moment, ...] = ()
        match operation:
            case acts.Recall():
                slot = self.slots.get(operation.slot)
                if slot is None:
                    return False
                moment, followed = slot.moment.moved(operation.tick - slot.gap), slot.planned
                if operation.planned and slot.settings == self.settings():
                    ticks = moment.tick - slot.moment.tick
                    planned = [one.shifted(ticks) for one in slot.planned]
            case acts.Rewind():
                past, followed = self.memory.split(operation.tick - operation.ticks)
                moment = past.moved(min(past.tick + operation.ticks, operation.tick))
            case acts.Reset():
                moment = self._start(operation.tick, 0)
        self.plan = planned
        self.memory.append(moment)
        if followed and followed[0].own:
            # Drawn again it falls where it fell then, if it still can.
            self._asked, self._floor = moment, ANY
        self._freeze()
        return True

    def settings(self) -> Mapping[str, Value]:
        """Return what draws depend on besides the past: knobs that shape them, and what is forced."""
        stand = {name: value for name, value in values(self.knobs).items() if EVENTS[name].shapes}
        return {**stand, **{f"forced {factor}": code for factor, code in self.forced.items()}}

    def _slot(self, tick: int) -> Slot:
        """Keep the last event that has begun at `tick`; later ones are planned, sent already or not."""
        moment, later = self.memory.split(tick)
        if not all(one.own and not one.leap for one in later):
            moment, later = self.memory.last, ()
        # A frozen voice comes back to the moment of the recall, so other notes follow.
        planned = () if self._frozen else (*later, *self.plan)
        return Slot(moment, tick - moment.tick, planned, self.settings())

    def _jump(self, ticks: int) -> None:
        self.plan.clear()
        self._hushed += ticks
        self.memory.jumped(ticks)
        if self._frozen is not None:
            self._frozen = self._frozen.moved(self._frozen.tick + ticks)

    def _load(self, operation: acts.Load) -> None:
        past = self.memory.recent(RECALLED)
        number = self.memory.last.number
        self._model = self._loader(operation.path)
        self.plan.clear()
        self.slots.clear()
        self._frozen = None
        first = past[0].tick if past else operation.tick
        self.memory = Memory(self._start(first, number - sum(moment.own for moment in past)))
        self._feed_all(_notes(past))
        self._freeze()

    def _restore(self, past: Past, whole: bool) -> None:
        if not whole:
            self.slots = {**past.slots, **self.slots}
            return
        self.slots = dict(past.slots)
        self.plan.clear()
        self.memory = Memory(past.moments[0])
        self.memory.moments = list(past.moments)
        self._frozen = past.frozen
        self.forced = dict(past.forced)
        self._hushed = past.hushed
        if past.floor is not None:
            # Drawn again, the next event falls where it would have, if it still can.
            self._asked, self._floor = self.memory.last, past.floor


def _notes(moments: Iterable[Moment]) -> Iterator[tuple[Note, bool]]:
    """Yield the notes of moments that were played or drawn, each with whether it was the voice's own."""
    for moment in moments:
        if moment.note is not None and not moment.fixed:
            yield moment.note, moment.own
