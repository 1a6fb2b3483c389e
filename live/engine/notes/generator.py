"""What a voice plays: one model, its memory, its plan, its knobs. What happens to it are operations, nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

import msgspec

from live.declared.knob import Value
from live.declared.knobs import EVENTS, NoteKnobs, turned, values
from live.declared.metre import Metre
from live.engine.notes import operations as op
from live.engine.notes.decoders.table import decoder
from live.engine.notes.draw import Draw
from live.engine.notes.history import (
    Knowledge,
    Memory,
    Moment,
    Slot,
    delayed,
    louder,
    sounding,
)
from live.engine.notes.operations import ANY
from live.engine.notes.past import Past
from live.engine.notes.step import Step
from live.ipc import acts
from live.time.clock import Bars
from models.contract.grid import Note
from models.contract.stepping import StepModel

RECALLED = 64
"""Steps whose notes are played to a model that takes over, so that it goes on from what was."""

SOUNDING = 64
"""Moments among which the notes that still sound are looked for."""

STRUCK = 32
"""Notes of its own that a voice that is to vary keeps in mind."""

HEARD = 15
"""Notes of the player that the touch follows, besides the last."""

Loader = Callable[[str], StepModel]
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
        self.owed: tuple[Note, ...] = ()
        """Notes that the last remembered step has decided, and that are still to come."""
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
        """The floor when the step after `_asked` was first drawn; see `Decoder.draw`."""

    def do(self, operation: op.Operation) -> bool:
        """Do one operation. Returns False where it came to nothing: no step could be drawn, no such slot."""
        match operation:
            case op.Begin():
                self.knobs = turned(self.knobs, operation.knobs)
                self._held_start = operation.held_start
                self._open(operation.path)
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
                self.owed = ()
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
        """Return what it knows, as references to values."""
        for moment in (self.memory.last, *(slot.moment for slot in self.slots.values())):
            # Others can be fed again; these are where all goes on from.
            moment.knowledge()
        return Past(
            self._model.representation.name,
            tuple(self.memory.moments),
            dict(self.slots),
            self._frozen,
            self.knobs,
            dict(self.forced),
            self.bars,
            self._hushed,
            self._held_start,
            self._floor if self._asked is self.memory.last else None,
            tuple(self.plan),
            self.owed,
        )

    @property
    def coming(self) -> tuple[Note, int] | None:
        """Return the note that is played next, and the number of its step; None where none is planned."""
        if self.owed:
            return self.owed[0], self.memory.last.number
        return next(((one.notes[0], one.number) for one in self.plan if one.notes), None)

    @property
    def at_once(self) -> bool:
        """Return whether each note is answered at once, at its own time."""
        return self._decoder.at_once(self.forced)

    def stolen(self) -> list[tuple[Moment, Note]]:
        """Return what ends as the next note begins: its own pitch, and for want of room the oldest."""
        assert self.coming is not None
        begins, room = self.coming[0], self.knobs.polyphony
        found = sounding(self.memory.moments[-SOUNDING:], begins.onset, self._hushed)
        again = [
            one for one in found if one[1].pitch == begins.pitch and one[1].onset < begins.onset
        ]
        others = [one for one in found if one[1].pitch != begins.pitch]
        earlier = [one for one in others if one[1].onset < begins.onset]
        return again + earlier[: max(len(others) + 1 - room, 0)]

    def warm(self) -> None:
        """Throw away a step, or a draw, in turns, so that weights and code stay in the caches.

        Half of an event at a time: a note that comes meanwhile has to wait.
        """
        last = self.memory.last
        self._draws = not self._draws
        if self._draws:
            self._draw(last, op.Plan(floor=last.tick, ceiling=-1, end=-1), last.tick)
        else:
            self._model.advance(last.codes[None], last.conditions[None], last.state)

    @property
    def classes(self) -> dict[str, int]:
        """Return how many codes each factor of a step has."""
        return {one.name: one.classes for one in self._model.representation.factors}

    def _open(self, path: str) -> None:
        self._model = self._loader(path)
        self._decoder = decoder(self._model.representation)
        known = self.classes
        self.forced = {
            name: code for name, code in self.forced.items() if code < known.get(name, 0)
        }

    def _commit(self) -> None:
        """Take the next note, and with it the steps that led to it."""
        for moment, note in self.stolen():
            assert self.coming is not None
            self.memory.shorten(moment, note, self.coming[0].onset)
        if self.owed:
            self.memory.take(self.owed[0])
            self.owed = self.owed[1:]
            return
        while not self.plan[0].notes:
            self.memory.append(self.plan.pop(0))
        step = self.plan.pop(0)
        self.owed = step.notes[1:]
        self.memory.append(replace(step, notes=step.notes[:1]) if self.owed else step)

    def _pass(self, tick: int) -> None:
        """Take the steps that decide no note and have come to pass."""
        while self.plan and not self.plan[0].notes and self.plan[0].tick <= tick:
            self.memory.append(self.plan.pop(0))

    def _turn(self, knob: str, value: Value) -> None:
        before, self.knobs = self.knobs, turned(self.knobs, {knob: value})
        if self.knobs.freeze != before.freeze:
            self._freeze()

    def _extend(self, limits: op.Plan) -> bool:
        last = self.latest
        if not self.plan and self._asked is not last:
            self._asked, self._floor = last, limits.floor
        step = self._draw(last, limits, limits.floor if self.plan else self._floor)
        if step is None:
            return False
        self.plan.append(self._feed(last, step, own=True))
        return True

    def _draw(self, last: Moment, limits: op.Plan, first: int) -> Step | None:
        draw = Draw(self._model, self.knobs, self.forced, self.number, self.bars, last)
        return self._decoder.draw(draw, limits, first)

    def _hear(self, note: Note) -> None:
        after = self.memory.cut(note.onset, note.pitch)
        self._write([((note,), False), *_notes(after)])

    def _lift(self, tick: int, pitch: int) -> bool:
        taken = self.memory.cut_held(pitch)
        if not taken:
            return False
        self.plan.clear()
        self._write(_lifted(_notes(taken), tick, pitch))
        return True

    def _write(self, groups: Iterable[tuple[tuple[Note, ...], bool]]) -> None:
        """Remember notes, those that begin together, each group with whether it is the voice's own.

        Steps are taken at once: else a whole phrase would have to be worked out when its answer is due.
        """
        for notes, own in groups:
            last = self.memory.last
            more = louder(self._heard(last, notes, own))
            steps = self._decoder.write(last.cursor, notes, more, self.bars)
            for step in steps:
                self.memory.append(self._feed(self.memory.last, step, own))
                self.memory.last.knowledge()
            if not steps:
                self.memory.append(self._unsaid(last, notes, own))

    def _unsaid(self, last: Moment, notes: tuple[Note, ...], own: bool) -> Moment:
        """Return the moment of notes that no step says yet: it knows nothing of them."""
        heard = self._heard(last, notes, own)
        return replace(
            last, tick=notes[0].onset, notes=notes, own=own, fixed=False, leap=0, heard=heard
        )

    def _feed(self, last: Moment, step: Step, own: bool) -> Moment:
        """Return the moment after a step, which is taken when somebody asks what is known."""
        struck = last.struck
        if own and step.notes:
            struck = (*struck[-STRUCK:], *((note.onset, note.pitch) for note in step.notes))
        thawed = self._is_thawed(step.tick)
        before = last if thawed else self._comes_back(last, step.tick)
        knowledge = before.knowledge
        if own or thawed:
            codes, at, model = step.codes[None], step.conditions[None], self._model
            knowledge = Knowledge(lambda: model.advance(codes, at, before.state))
        return Moment(
            step.tick, step.codes, step.conditions, step.cursor, step.notes, last.number + own,
            knowledge, own=own, struck=struck, heard=self._heard(last, step.notes, own),
        )  # fmt: skip

    def _heard(
        self, last: Moment, notes: tuple[Note, ...], own: bool
    ) -> tuple[tuple[int, int], ...]:
        """Return the player's last notes, these with them where they are the player's."""
        if own or not notes or not self._is_thawed(notes[0].onset):
            return last.heard
        return (*last.heard[-HEARD:], *((note.onset, note.velocity) for note in notes))

    def _is_thawed(self, tick: int) -> bool:
        return self._frozen is None or tick <= self._frozen.tick

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
        step = self._decoder.start(tick, self.bars, self._held_start)
        codes, at, model = step.codes[None], step.conditions[None], self._model
        knowledge = Knowledge(lambda: model.advance(codes, at, model.initial_state()))
        knowledge()
        return Moment(
            tick, step.codes, step.conditions, step.cursor, (), number, knowledge, fixed=True
        )

    def _force(self, factor: str, code: int) -> None:
        if code < 0:
            self.forced.pop(factor, None)
        else:
            self.forced[factor] = code

    def _go_back(self, operation: acts.Recall | acts.Rewind | acts.Reset) -> bool:
        planned: list[Moment] = []
        owed: tuple[Note, ...] = ()
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
                    owed = tuple(delayed(note, ticks) for note in slot.owed)
            case acts.Rewind():
                past, followed = self.memory.split(operation.tick - operation.ticks)
                moment = past.moved(min(past.tick + operation.ticks, operation.tick))
            case acts.Reset():
                moment = self._start(operation.tick, 0)
        self.plan, self.owed = planned, owed
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
        owed = self.owed
        if after:
            latest = replace(after[-1], notes=(*after[-1].notes, *owed)) if owed else after[-1]
            after, owed = (*after[:-1], latest), ()
        # A frozen voice comes back to the moment of the recall, so other notes follow.
        planned = () if self._frozen else (*after, *self.plan)
        return Slot(moment, tick - moment.tick, planned, self.settings(), owed)

    def _jump(self, ticks: int) -> None:
        self.plan.clear()
        self.owed = ()
        self._hushed += ticks
        self.memory.jumped(ticks)
        if self._frozen is not None:
            self._frozen = self._frozen.moved(self._frozen.tick + ticks)

    def _load(self, operation: acts.Load) -> None:
        past = self.memory.recent(RECALLED)
        number = self.memory.last.number
        self._open(operation.path)
        self.plan.clear()
        self.owed = ()
        self.slots.clear()
        self._frozen = None
        first = past[0].tick if past else operation.tick
        self.memory = Memory(self._start(first, number - sum(moment.own for moment in past)))
        self._write(_notes(past))
        self._freeze()

    def _restore(self, past: Past, whole: bool) -> None:
        if not whole:
            self.slots = {**past.slots, **self.slots}
            return
        self.slots = dict(past.slots)
        self.plan, self.owed = list(past.planned), past.owed
        self.memory = Memory(past.moments[0])
        self.memory.moments = list(past.moments)
        self._frozen = past.frozen
        self.forced = dict(past.forced)
        self._hushed = past.hushed
        if past.floor is not None:
            # Drawn again, the next event falls where it would have, if it still can.
            self._asked, self._floor = self.memory.last, past.floor


def _notes(moments: Iterable[Moment]) -> Iterator[tuple[tuple[Note, ...], bool]]:
    """Yield the notes of moments that were played or drawn, each with whether they were the voice's own."""
    for moment in moments:
        if moment.notes and not moment.fixed:
            yield moment.notes, moment.own


def _lifted(
    groups: Iterable[tuple[tuple[Note, ...], bool]], tick: int, pitch: int
) -> Iterator[tuple[tuple[Note, ...], bool]]:
    """Yield groups of notes, the player's first that is held at this pitch ending at a tick."""
    waiting = True
    for notes, own in groups:
        if waiting and not own and any(one.pitch == pitch and not one.duration for one in notes):
            notes = tuple(_ended(one, tick) if one.pitch == pitch else one for one in notes)
            waiting = False
        yield notes, own


def _ended(note: Note, tick: int) -> Note:
    return msgspec.structs.replace(note, duration=max(tick - note.onset, 1))
