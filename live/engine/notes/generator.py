"""What a voice plays: one model, its history, its plan, its knobs. What happens to it are operations, nothing else."""

from collections.abc import Callable
from itertools import chain

from live.declared.knob import Value
from live.declared.knobs import BEFORE, turned
from live.declared.metre import Metre
from live.engine.memento import SLOTS
from live.engine.notes import operations as op
from live.engine.notes.doing import DOES
from live.engine.notes.draw import Draw
from live.engine.notes.feeding import Feeding
from live.engine.notes.hearing import hear, lift, notes_of, of_player, take_in
from live.engine.notes.history import History, Moment, Slot, rest_of_step
from live.engine.notes.operations import ANY
from live.engine.notes.others import Others
from live.engine.notes.past import Past
from live.engine.notes.pointing import LETS_GO, drawn, let_go
from live.engine.notes.returning import Return, kept, recalled, rewound, standing
from live.engine.notes.sections import Sections
from live.engine.notes.stealing import stolen
from live.engine.notes.step import Step
from live.ipc import acts
from live.time.clock import Bars
from models.contract.grid import Note
from models.contract.stepping import StepModel

RECALLED = 64
"""How many steps' notes are fed to a model that takes over, so that it continues the music."""

Loader = Callable[[str], StepModel]
"""Finds an artifact's model; in the engine it is already loaded when it is asked for."""


class Generator:
    """The music of one voice: deterministic, and without any notion of seconds.

    Threads: the engine's only. `do` raises nothing for operations that the engine makes.
    """

    def __init__(self, number: int, loader: Loader) -> None:
        self.number = number
        self.knobs = BEFORE
        self.plan: list[Moment] = []
        self.slots: dict[str, Slot] = {}
        self.forced: dict[str, int] = {}
        self.sections: Sections | None = None
        self.mementos: dict[str, Past] = {}
        """The mementos it can restore, by the digest that `op.Restore` gives."""
        self.refused = False
        """Whether no step could be drawn last because the guard leaves none."""
        self.others = Others()
        self._loader, self._feeding = loader, Feeding()
        self._hushed, self._draws = 0, False
        self._asked: Moment | None = None
        self._floor = 0  # When the step after `_asked` was first drawn; see `Decoder.draw`.

    def do(self, operation: op.Operation) -> bool:
        """Carry out one operation. Returns False where nothing came of it: no step could be drawn, no such slot."""
        match operation:
            case op.Begin():
                self._begin(operation)
            case acts.Play():
                self.plan.clear()
                hear(self._feeding, self.history, of_player(self._feeding, operation))
            case op.Lift():
                return self._lift(operation.tick, operation.pitch)
            case op.Plan():
                return self._extend(operation)
            case op.Drop():
                self.plan = rest_of_step(self.history.last, self.plan)
                take_in(self._feeding, self.history, self.others.taken())
            case op.Commit():
                self._commit()
            case op.Pass():
                self._pass(operation.tick)
            case acts.SetKnob():
                self._turn(operation.knob, operation.value)
            case acts.Save():
                self._save(operation.slot, operation.tick)
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
            case op.SetMetre():
                metre = Metre(operation.metre, operation.unit)
                self._feeding.bars = Bars(metre, operation.tick, operation.bar)
            case op.Trade():
                self.others.traders = operation.voices
            case _:
                return DOES[type(operation)](self, operation)
        return True

    @property
    def latest(self) -> Moment:
        """Return the moment that the next draw goes on from."""
        return self.plan[-1] if self.plan else self.history.last

    def past(self) -> Past:
        """Return its whole memory, as references to values."""
        plan, others = self.plan if self._feeding.frozen else (), self.others
        for moment in (self.history.last, *plan, *(slot.moment for slot in self.slots.values())):
            # Others can be fed again; from these all goes on, and a frozen voice's plan from what it came back to.
            moment.knowledge()
        return Past(
            self._feeding.model.representation.name, tuple(self.history.moments), dict(self.slots),
            self._feeding.frozen, self.knobs, dict(self.forced), self._feeding.bars, self._hushed,
            self._feeding.held_start, self._floor if self._asked is self.history.last else None,
            tuple(self.plan), tuple(others.coming), returned=others.returned, traders=others.traders,
            tracing=self._feeding.decoder.tracing, sections=self.sections,
        )  # fmt: skip

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
        for moment in chain(reversed(self.plan), reversed(self.history.moments)):
            if moment.note is not None or moment.fixed or not moment.own:
                return moment.own
        return False

    @property
    def at_once(self) -> bool:
        """Return whether each note is answered at once, at its own time."""
        return self._feeding.decoder.at_once(self.forced)

    @property
    def drums(self) -> bool:
        """Return whether it plays drums; see `Decoder.drums`."""
        return self._feeding.decoder.drums

    @property
    def trades(self) -> bool:
        """Return whether it trades bars with others in solo; see `Decoder.trades`."""
        return self._feeding.decoder.trades

    @property
    def classes(self) -> dict[str, int]:
        """Return how many codes each factor of a step has."""
        return {one.name: one.classes for one in self._feeding.model.representation.factors}

    @property
    def index(self) -> str:
        """Return the hash of the index that novelty goes by; empty where there is none."""
        return self._feeding.index.digest

    def stolen(self) -> list[tuple[Moment, Note]]:
        """Return what ends as the next note begins: its own pitch, and for want of room the oldest."""
        assert self.coming is not None
        return stolen(self.history.moments, self.coming[0], self.knobs.polyphony, self._hushed)

    def warm(self) -> None:
        """Compute a step or a draw, by turns, and discard it, so that weights and code stay in the caches.

        Half a step at a time: a note that comes meanwhile has to wait.
        """
        last = self.history.last
        self._draws = not self._draws
        if self._draws:
            self._draw(last, op.Plan(floor=last.tick, ceiling=-1, end=-1), last.tick)
        else:
            self._feeding.rehearse(last)

    def _begin(self, operation: op.Begin) -> None:
        self.knobs = turned(self.knobs, operation.knobs)
        self._feeding.held_start, self._feeding.knobs = operation.held_start, self.knobs
        self._open(operation.path, operation.index)
        self.history = History(self._feeding.start(operation.tick, 0))
        self._freeze()

    def _open(self, path: str, index: str) -> None:
        self._feeding.open(self._loader(path), index)
        known = self.classes
        self.forced = {one: code for one, code in self.forced.items() if code < known.get(one, 0)}

    def _commit(self) -> None:
        """Take the next note, and with it the steps that led to it."""
        assert self.coming is not None
        for moment, note in self.stolen():
            self.history.shorten(moment, note, self.coming[0].onset)
        while self.plan[0].note is None:
            self.history.append(self.plan.pop(0))
        self.history.append(self.plan.pop(0))

    def _pass(self, tick: int) -> None:
        """Commit the steps without notes whose time has passed."""
        while self.plan and self.plan[0].note is None and self.plan[0].tick <= tick:
            self.history.append(self.plan.pop(0))

    def _turn(self, knob: str, value: Value) -> None:
        before, self.knobs = self.knobs, turned(self.knobs, {knob: value})
        self._feeding.knobs = self.knobs
        if self.knobs.freeze != before.freeze:
            self._freeze()
        if knob in LETS_GO and self.knobs != before:
            was, last = self.history.last, let_go(self.history, knob)
            self._asked = last if self._asked is was else self._asked

    def _extend(self, limits: op.Plan) -> bool:
        last = self.latest
        if not self.plan and self._asked is not last:
            self._asked, self._floor = last, limits.floor
        last = self._feeding.before(last)
        step, self.refused = self._draw(last, limits, limits.floor if self.plan else self._floor)
        if step is None:
            return False
        self.plan += self._feeding.after(last, step, own=True)
        return True

    def _draw(self, last: Moment, limits: op.Plan, first: int) -> tuple[Step | None, bool]:
        feeding, number = self._feeding, self.number
        share = self.others.share(number, self.history, last)
        draw = Draw(feeding.model, self.knobs, self.forced, number, feeding.bars, last, *share,
            guard=feeding.guard, sections=self.sections)  # fmt: skip
        step = drawn(feeding.decoder, draw, limits, first, self.plan, self.history.moments)
        return step, step is None and feeding.refuses(draw, limits, first)

    def _lift(self, tick: int, pitch: int) -> bool:
        if lifted := lift(self._feeding, self.history, tick, pitch):
            self.plan.clear()
        return lifted

    def _freeze(self) -> None:
        self._feeding.frozen = self.history.last if self.knobs.freeze else None

    def _go_back(self, operation: acts.Recall | acts.Rewind | acts.Reset) -> bool:
        match operation:
            case acts.Recall():
                slot = self.slots.get(operation.slot)
                if slot is None:
                    return False
                back = recalled(slot, operation, standing(self.knobs, self.forced, self.sections))
            case acts.Rewind():
                tracing = self._feeding.decoder.tracing
                back = rewound(self.history, operation, tracing, self.sections)
            case acts.Reset():
                back = Return(self._feeding.start(operation.tick, 0), self.sections)
        self.plan, self.sections = back.planned, back.sections
        self.history.append(back.moment)
        if back.followed and back.followed[0].own:
            # Drawn again it falls where it fell then, if it still can.
            self._asked, self._floor = back.moment, ANY
        self._freeze()
        return True

    def _save(self, slot: str, tick: int) -> None:
        # A frozen voice comes back to the moment of the recall, so other notes follow.
        plan = None if self._feeding.frozen else self.plan
        stand = standing(self.knobs, self.forced, self.sections)
        self.slots[slot] = kept(self.history, plan, tick, stand, self._feeding.decoder.tracing)

    def _jump(self, ticks: int) -> None:
        self.plan.clear()
        self._hushed += ticks
        self.sections = self.sections and self.sections.shifted(ticks)
        self.history.jumped(ticks)
        if (frozen := self._feeding.frozen) is not None:
            self._feeding.frozen = frozen.moved(frozen.tick + ticks)

    def _load(self, operation: acts.Load) -> None:
        past, number = self.history.recent(RECALLED), self.history.last.number
        self._open(operation.path, operation.index)
        self.plan.clear()
        self.slots.clear()
        self._feeding.frozen = None
        first = past[0].tick if past else operation.tick
        own = sum(moment.own for moment in past)
        self.history = History(self._feeding.start(first, number - own))
        self._feeding.write(self.history, notes_of(past))
        self._freeze()

    def _restore(self, past: Past, whole: bool) -> None:
        if not whole:
            # Something may have been saved since, and there is room for so many.
            self.slots = dict([*past.slots.items(), *self.slots.items()][-SLOTS:])
            return
        self.slots = dict(past.slots)
        self.plan = list(past.planned)
        self.others = Others(past.overheard, past.returned, past.traders)
        self.history = History(*past.moments)
        self._feeding.frozen = past.frozen
        self.forced, self._hushed = dict(past.forced), past.hushed
        self.sections = past.sections
        if past.floor is not None:
            # Drawn again, the next step falls where it would have, if it still can.
            self._asked, self._floor = self.history.last, past.floor
