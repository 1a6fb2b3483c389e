"""What a voice plays: one model, its memory, its plan, its knobs. What happens to it are operations, nothing else."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import assert_never

import msgspec

from live.declared.knob import Value
from live.declared.knobs import EVENTS, NoteKnobs, turned, values
from live.declared.metre import Metre
from live.engine.notes import operations as op
from live.engine.notes.draw import Draw
from live.engine.notes.feeding import Feeding, Together, lifted, notes_of
from live.engine.notes.history import Memory, Moment, Slot, rest_of_step, sounding
from live.engine.notes.operations import ANY
from live.engine.notes.past import Past
from live.engine.notes.step import Step
from live.ipc import acts
from live.time.clock import Bars
from models.contract.grid import Note
from models.contract.stepping import StepModel, feed

RECALLED = 64
"""Steps whose notes are played to a model that takes over, so that it goes on from what was."""

SOUNDING = 64
"""Moments among which the notes that still sound are looked for."""

Loader = Callable[[str], StepModel]
"""Finds an artifact's model; in the engine it is already loaded when it is asked for."""


class Generator:
    """What one voice plays: deterministic, knows nothing of seconds.

    Threads: the engine's only. `do` raises nothing for operations that the engine makes.
    """

    def __init__(self, number: int, loader: Loader) -> None:
        self.number = number
        self.knobs = NoteKnobs()
        self.plan: list[Moment] = []
        self.slots: dict[str, Slot] = {}
        self.forced: dict[str, int] = {}
        self.mementos: dict[str, Past] = {}
        """What there is to go on from, by the digest under which `op.Restore` names it."""
        self._overheard: list[tuple[int, int, Note, bool]] = []
        """What other voices have played since the plan was last dropped: onset, voice, note, touch."""
        self._loader = loader
        self._feeding = Feeding()
        self._hushed = 0
        self._draws = False
        self._asked: Moment | None = None
        self._floor = 0
        """The floor when the step after `_asked` was first drawn; see `Decoder.draw`."""

    def do(self, operation: op.Operation) -> bool:
        """Do one operation. Returns False where it came to nothing: no step could be drawn, no such slot."""
        match operation:
            case op.Begin():
                self.knobs = turned(self.knobs, operation.knobs)
                self._feeding.held_start = operation.held_start
                self._feeding.returns = self.knobs.bars
                self._open(operation.path)
                self.memory = Memory(self._feeding.start(operation.tick, 0))
                self._freeze()
            case acts.Play():
                self.plan.clear()
                self._hear(Note(operation.tick, operation.pitch, operation.velocity, 0))
            case op.Lift():
                return self._lift(operation.tick, operation.pitch)
            case op.Plan():
                return self._extend(operation)
            case op.Drop():
                self.plan = rest_of_step(self.memory.last, self.plan)
                self._take_in()
            case op.Commit():
                self._commit()
            case op.Pass():
                self._pass(operation.tick)
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
                self._feeding.bars = Bars(
                    Metre(operation.metre, operation.unit), operation.tick, operation.bar
                )
            case _:
                assert_never(operation)
        return True

    def overhear(self, voice: int, note: Note, touch: bool) -> None:
        """Take a note that another voice has committed: it goes in as the plan is dropped next.

        touch: whether this voice's touch follows it.
        """
        self._overheard.append((note.onset, voice, note, touch))

    @property
    def bars(self) -> Bars:
        """Return the bars as they are now."""
        return self._feeding.bars

    @property
    def latest(self) -> Moment:
        """Return the moment that the next draw goes on from."""
        return self.plan[-1] if self.plan else self.memory.last

    def past(self) -> Past:
        """Return what it knows, as references to values."""
        for moment in (self.memory.last, *(slot.moment for slot in self.slots.values())):
            # Others can be fed again; these are where all goes on from.
            moment.knowledge()
        return Past(
            self._feeding.model.representation.name,
            tuple(self.memory.moments),
            dict(self.slots),
            self._feeding.frozen,
            self.knobs,
            dict(self.forced),
            self.bars,
            self._hushed,
            self._feeding.held_start,
            self._floor if self._asked is self.memory.last else None,
            tuple(self.plan),
            tuple(self._overheard),
        )

    @property
    def coming(self) -> tuple[Note, int] | None:
        """Return the note that is played next, and the number of its step; None where none is planned."""
        for moment in self.plan:
            if moment.note is not None:
                return moment.note, moment.number
        return None

    @property
    def plays(self) -> bool:
        """Return whether the last note, planned ones too, is its own: a step that decides none does not begin."""
        for moment in chain(reversed(self.plan), reversed(self.memory.moments)):
            if moment.note is not None or moment.fixed or not moment.own:
                return moment.own
        return False

    @property
    def at_once(self) -> bool:
        """Return whether each note is answered at once, at its own time."""
        return self._feeding.decoder.at_once(self.forced)

    @property
    def classes(self) -> dict[str, int]:
        """Return how many codes each factor of a step has."""
        return {one.name: one.classes for one in self._feeding.model.representation.factors}

    def stolen(self) -> list[tuple[Moment, Note]]:
        """Return what ends as the next note begins: its own pitch, and for want of room the oldest."""
        assert self.coming is not None
        begins, room = self.coming[0], self.knobs.polyphony
        found = sounding(self.memory.moments[-SOUNDING:], begins.onset, self._hushed)
        earlier = [one for one in found if one[1].onset < begins.onset]
        again = [one for one in earlier if one[1].pitch == begins.pitch]
        others = [one for one in earlier if one[1].pitch != begins.pitch]
        count = sum(one.pitch != begins.pitch for _, one in found)
        return again + others[: max(count + 1 - room, 0)]

    def warm(self) -> None:
        """Throw away a step, or a draw, in turns, so that weights and code stay in the caches.

        Half a step at a time: a note that comes meanwhile has to wait.
        """
        last = self.memory.last
        self._draws = not self._draws
        if self._draws:
            self._draw(last, op.Plan(floor=last.tick, ceiling=-1, end=-1), last.tick)
        else:
            feed(self._feeding.model, last.codes, last.conditions, last.state)

    def _open(self, path: str) -> None:
        self._feeding.open(self._loader(path))
        known = self.classes
        self.forced = {
            name: code for name, code in self.forced.items() if code < known.get(name, 0)
        }

    def _commit(self) -> None:
        """Take the next note, and with it the steps that led to it."""
        assert self.coming is not None
        for moment, note in self.stolen():
            self.memory.shorten(moment, note, self.coming[0].onset)
        while self.plan[0].note is None:
            self.memory.append(self.plan.pop(0))
        self.memory.append(self.plan.pop(0))

    def _pass(self, tick: int) -> None:
        """Take the steps that decide no note and have come to pass."""
        while self.plan and self.plan[0].note is None and self.plan[0].tick <= tick:
            self.memory.append(self.plan.pop(0))

    def _turn(self, knob: str, value: Value) -> None:
        before, self.knobs = self.knobs, turned(self.knobs, {knob: value})
        self._feeding.returns = self.knobs.bars
        if self.knobs.freeze != before.freeze:
            self._freeze()

    def _extend(self, limits: op.Plan) -> bool:
        last = self.latest
        if not self.plan and self._asked is not last:
            self._asked, self._floor = last, limits.floor
        step = self._draw(last, limits, limits.floor if self.plan else self._floor)
        if step is None:
            return False
        self.plan += self._feeding.after(last, step, own=True)
        return True

    def _draw(self, last: Moment, limits: op.Plan, first: int) -> Step | None:
        feeding = self._feeding
        draw = Draw(feeding.model, self.knobs, self.forced, self.number, feeding.bars, last)
        return feeding.decoder.draw(draw, limits, first)

    def _hear(self, note: Note) -> None:
        after = self.memory.cut(note.onset, note.pitch)
        self._feeding.write(self.memory, [Together((note,)), *notes_of(after)])

    def _take_in(self) -> None:
        """Remember what other voices have played, in the order of tick and voice, each a tick back at most."""
        overheard, self._overheard = self._overheard, []
        for onset, _, note, touch in sorted(overheard, key=lambda one: one[:2]):
            at = max(onset, self.memory.last.tick - 1)
            after = self.memory.cut(at, note.pitch)
            heard = Together((msgspec.structs.replace(note, onset=at),), touch=touch)
            self._feeding.write(self.memory, [heard, *notes_of(after)])

    def _lift(self, tick: int, pitch: int) -> bool:
        taken = self.memory.cut_held(pitch)
        if not taken:
            return False
        self.plan.clear()
        self._feeding.write(self.memory, lifted(notes_of(taken), tick, pitch))
        return True

    def _freeze(self) -> None:
        self._feeding.frozen = self.memory.last if self.knobs.freeze else None

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
                again: Sequence[Moment] = rest_of_step(slot.moment, slot.planned)
                if operation.planned and slot.settings == self.settings():
                    again = slot.planned
                planned = [one.shifted(moment.tick - slot.moment.tick) for one in again]
            case acts.Rewind():
                past, followed = self.memory.split(operation.tick - operation.ticks)
                moment = past.moved(min(past.tick + operation.ticks, operation.tick))
            case acts.Reset():
                moment = self._feeding.start(operation.tick, 0)
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
        """Keep the last step that has begun at `tick`; later ones are planned, sent already or not."""
        moment, after = self.memory.split(tick)
        if not all(one.own and not one.leap for one in after):
            moment, after = self.memory.last, ()
        # A frozen voice comes back to the moment of the recall, so other notes follow.
        planned = () if self._feeding.frozen else (*after, *self.plan)
        return Slot(moment, tick - moment.tick, planned, self.settings())

    def _jump(self, ticks: int) -> None:
        self.plan.clear()
        self._hushed += ticks
        self.memory.jumped(ticks)
        if (frozen := self._feeding.frozen) is not None:
            self._feeding.frozen = frozen.moved(frozen.tick + ticks)

    def _load(self, operation: acts.Load) -> None:
        past = self.memory.recent(RECALLED)
        number = self.memory.last.number
        self._open(operation.path)
        self.plan.clear()
        self.slots.clear()
        self._feeding.frozen = None
        first = past[0].tick if past else operation.tick
        own = sum(moment.own for moment in past)
        self.memory = Memory(self._feeding.start(first, number - own))
        self._feeding.write(self.memory, notes_of(past))
        self._freeze()

    def _restore(self, past: Past, whole: bool) -> None:
        if not whole:
            self.slots = {**past.slots, **self.slots}
            return
        self.slots = dict(past.slots)
        self.plan, self._overheard = list(past.planned), list(past.overheard)
        self.memory = Memory(past.moments[0])
        self.memory.moments = list(past.moments)
        self._feeding.frozen = past.frozen
        self.forced = dict(past.forced)
        self._hushed = past.hushed
        if past.floor is not None:
            # Drawn again, the next step falls where it would have, if it still can.
            self._asked, self._floor = self.memory.last, past.floor
