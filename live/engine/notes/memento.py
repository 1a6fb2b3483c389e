"""A voice of notes as a memento's content: its moments, slots and what stands, as tensors and plain data.

States are many: one in `EVERY` is written, those between are worked out again from the codes that led
there. What is read back is checked as if somebody hostile had written it.
"""

from collections.abc import Iterable
from dataclasses import astuple
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta

from live.declared.knob import Value
from live.declared.knobs import EVENTS, NoteKnobs, turned, values
from live.declared.metre import metre
from live.engine.memento import SLOTS, MementoError, Tensor
from live.engine.notes.decoders.table import decoder
from live.engine.notes.feeding import HEARD, STRUCK
from live.engine.notes.history import REMEMBERED, Knowledge, Moment, Slot
from live.engine.notes.past import Past, Waiting
from live.engine.notes.scheduler import PLANNED
from live.ipc.ranges import Pitch, Tick, Velocity
from live.time.clock import Bars
from models.contract.border import border
from models.contract.errors import ExtempoError
from models.contract.grid import Note
from models.contract.representation import ADVANCE, Codes, limits
from models.contract.stepping import StepModel
from models.contract.stream import Array, Tensors

EVERY: Final = 16
"""Moments of which one is written with its state."""
STATES: Final = 16 << 20
"""Bytes of states that are written of what is remembered; older moments are left out."""
_MOST: Final = REMEMBERED + REMEMBERED // 4
_TOGETHER: Final = 128
"""Notes of a step at most: each has a moment of its own."""
_KNOWN: Final = 4 * _MOST
_LONGEST: Final = 1 << 20
"""Ticks of the longest note."""
_FED: Final = 4 * EVERY
"""Moments in a row whose states have to be worked out, at most."""

Known = tuple[Array, Tensors]


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What the heads read, and the state."""

    context: Tensor
    state: dict[str, Tensor]


_Codes = Annotated[tuple[Annotated[int, Meta(ge=0, le=1 << 16)], ...], Meta(max_length=1 << 12)]
_Note = tuple[Tick, Pitch, Velocity, Annotated[int, Meta(ge=0, le=_LONGEST)]]
_Few = Meta(max_length=max(STRUCK, HEARD) + 1)


class _Moment(msgspec.Struct, frozen=True, array_like=True):
    """A moment. note: onset, pitch, velocity, duration. known: which state it has, -1 for none.

    struck, heard: None where they follow from those of the moment before.
    """

    tick: Tick
    codes: _Codes
    conditions: _Codes
    cursor: dict[str, Any]
    note: _Note | None
    number: Tick
    known: Annotated[int, Meta(ge=-1, lt=_KNOWN)]
    own: bool
    fed: bool
    fixed: bool
    leap: Tick
    struck: Annotated[tuple[tuple[Tick, Pitch], ...], _Few] | None
    heard: Annotated[tuple[tuple[Tick, Velocity], ...], _Few] | None
    touch: bool


class _Slot(msgspec.Struct, frozen=True, array_like=True):
    moment: _Moment
    gap: Tick
    planned: Annotated[tuple[_Moment, ...], Meta(max_length=PLANNED + _MOST)]
    settings: dict[str, Value]


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    representation: str
    known: Annotated[tuple[_Known, ...], Meta(max_length=_KNOWN)]
    moments: Annotated[tuple[_Moment, ...], Meta(max_length=_MOST)]
    slots: Annotated[dict[Annotated[str, Meta(max_length=4096)], _Slot], Meta(max_length=SLOTS)]
    frozen: _Moment | None
    knobs: dict[str, Value]
    forced: Annotated[dict[str, int], Meta(max_length=64)]
    metre: tuple[int, int]
    tick: Tick
    bar: Tick
    hushed: Tick
    held_start: bool
    floor: Tick | None
    planned: Annotated[tuple[_Moment, ...], Meta(max_length=PLANNED + _TOGETHER)] = ()
    waiting: tuple[Tick, bool, bool, Tick | None] | None = None


_decoder = msgspec.msgpack.Decoder(_Content)


def pack(past: Past, slots_only: bool = False) -> bytes:
    """Write down what a voice knows, or its slots only. Any thread may call it; it takes milliseconds."""
    packing = _Packing()
    slots = {name: packing.slot(slot) for name, slot in past.slots.items()}
    moments = () if slots_only else packing.history(past)
    planned = () if slots_only else packing.chain(past.moments[-1], past.planned)
    frozen = None
    if not slots_only and past.frozen is not None and past.frozen.knowledge.known is not None:
        frozen = packing.moment(past.frozen, None, keep=True)
    if slots_only:
        # The same slots are the same bytes, whatever else was played.
        past = _bare(past)
    beats, unit = past.bars.metre
    content = _Content(
        representation=past.representation,
        moments=moments,
        slots=slots,
        frozen=frozen,
        known=tuple(packing.known),
        knobs=values(past.knobs),
        forced=dict(past.forced),
        metre=(beats, unit),
        tick=past.bars.tick,
        bar=past.bars.bar,
        hushed=past.hushed,
        held_start=past.held_start,
        floor=past.floor,
        planned=planned,
        waiting=None if past.waiting is None else astuple(past.waiting),
    )
    return msgspec.msgpack.encode(content)


def _bare(past: Past) -> Past:
    return Past(past.representation, (), past.slots, None, NoteKnobs(), {}, Bars(), 0, False, None)


class _Packing:
    """Writes moments down, and each state that is needed once."""

    def __init__(self) -> None:
        self.known: list[_Known] = []
        self._places: dict[int, int] = {}
        """Where a state is, by who knows it; those are kept by the moments meanwhile."""
        self.size = 0
        """Bytes of all states."""

    def history(self, past: Past) -> tuple[_Moment, ...]:
        """Write down the newest moments, oldest first, as far as their states are known and find room."""
        moments = past.moments
        # A frozen voice feeds what it comes back to, not the step before.
        every = EVERY if past.frozen is None else 1
        written: list[_Moment] = []
        room, since = self.size + STATES, EVERY
        for index in reversed(range(len(moments))):
            moment = moments[index]
            if self.size > room or (moment.fixed and moment.knowledge.known is None):
                break
            before = moments[index - 1] if index else None
            written.append(self.moment(moment, before, since >= every))
            since = 1 if written[-1].known >= 0 else since + 1
        while moments[-len(written)].knowledge.known is None:
            written.pop()
        # The oldest has none before it that anything could follow from.
        written[-1] = self.moment(moments[-len(written)], None, keep=True)
        return tuple(reversed(written))

    def slot(self, slot: Slot) -> _Slot:
        """Write a slot down."""
        moment = self.moment(slot.moment, None, keep=True)
        planned = self.chain(slot.moment, slot.planned)
        return _Slot(moment, slot.gap, planned, dict(slot.settings))

    def chain(self, before: Moment, moments: Iterable[Moment]) -> tuple[_Moment, ...]:
        """Write moments down that follow one that is written."""
        chain = []
        for index, one in enumerate(moments, 1):
            # Those between would be worked out again, perhaps under other bars.
            chain.append(self.moment(one, before, self.size < STATES or index % EVERY == 0))
            before = one
        return tuple(chain)

    def moment(self, moment: Moment, before: Moment | None, keep: bool) -> _Moment:
        """Write a moment down. before: the one that it follows, if that is written too. keep: its state too."""
        follows = before is not None and not moment.fixed and _follows(before, moment)
        # What no step says yet leaves what is known as it is.
        unsaid = before is not None and moment.knowledge is before.knowledge
        known = self._state(moment) if keep or unsaid or not follows else -1
        return _Moment(
            moment.tick, tuple(moment.codes.tolist()), tuple(moment.conditions.tolist()),
            msgspec.to_builtins(moment.cursor), _plain(moment.note), moment.number, known, moment.own,
            moment.fed, moment.fixed, moment.leap,
            None if follows else moment.struck, None if follows else moment.heard, moment.touch,
        )  # fmt: skip

    def _state(self, moment: Moment) -> int:
        known = moment.knowledge.known
        if known is None:
            return -1
        place = self._places.get(id(known))
        if place is None:
            context, state = known
            tensors = {name: Tensor.of(array) for name, array in state.items()}
            self.known.append(_Known(Tensor.of(context), tensors))
            place = self._places[id(known)] = len(self.known) - 1
            self.size += context.nbytes + sum(array.nbytes for array in state.values())
        return place


def _plain(note: Note | None) -> _Note | None:
    return None if note is None else (note.onset, note.pitch, note.velocity, note.duration)


Minds = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


def _follows(before: Moment, moment: Moment) -> bool:
    """Return whether what a moment has in mind follows from the one before."""
    return (moment.struck, moment.heard) == _after(before, moment.note, moment.own)


def _after(before: Moment, note: Note | None, own: bool) -> Minds:
    """Return what a moment has in mind of its own notes, and of the player's, after a note."""
    if note is None:
        return before.struck, before.heard
    if own:
        return (*before.struck[-STRUCK:], (note.onset, note.pitch)), before.heard
    return before.struck, (*before.heard[-HEARD:], (note.onset, note.velocity))


def unpack(content: bytes, model: StepModel, where: str) -> Past:
    """Read back what was written down, for a voice that plays with a model.

    where: what it is called in messages. Raises MementoError, one sentence, where it is no such thing.
    """

    def refused(said: str) -> MementoError:
        return MementoError(f"{where} cannot be gone on from ({said}): remove it.")

    with border(refused):
        read = _decoder.decode(content)
        known = model.representation.name
        if read.representation != known:
            raise ValueError(f"it is of {read.representation}, not of {known}")
        try:
            return _Unpacking(read, model).past()
        except ExtempoError as error:
            # What knobs and metres say of themselves does not say where.
            raise refused(str(error).rstrip(".")) from error


class _Unpacking:
    """Makes moments of what was read. Raises ValueError, LookupError or KnobError for what cannot be."""

    def __init__(self, read: _Content, model: StepModel) -> None:
        self._read, self._model = read, model
        self._written = model.representation
        self._cursor = decoder(self._written).cursor
        self._classes = limits(self._written.inputs)
        self._places = limits(self._written.conditions)
        beats, unit = read.metre
        self._bars = Bars(metre(f"{beats}/{unit}"), read.tick, read.bar)
        width = model.spec.entry(ADVANCE).outputs[0]
        self._known = []
        for one in read.known:
            context = one.context.array(width.dtype, width.shape)
            state = {
                spec.name: one.state[spec.name].array(spec.dtype, spec.shape)
                for spec in model.spec.state
            }
            self._known.append(Knowledge.of((context, state)))

    def past(self) -> Past:
        """Return what a voice knew."""
        read = self._read
        slots = {name: self._slot(slot) for name, slot in read.slots.items()}
        classes = {one.name: one.classes for one in self._written.factors}
        for factor, code in read.forced.items():
            if not 0 <= code < classes[factor]:
                raise ValueError(f"{factor} is forced to {code}")
        # Another extempo may have had other knobs.
        known = {
            name: EVENTS[name].check(value) for name, value in read.knobs.items() if name in EVENTS
        }
        moments = self._chain(read.moments)
        return Past(
            representation=read.representation,
            moments=tuple(moments),
            slots=slots,
            frozen=None if read.frozen is None else self._moment(read.frozen, None),
            knobs=turned(NoteKnobs(), known),
            forced=dict(read.forced),
            bars=self._bars,
            hushed=read.hushed,
            held_start=read.held_start,
            floor=read.floor,
            planned=tuple(self._chain(read.planned, moments[-1] if moments else None)),
            waiting=None if read.waiting is None else Waiting(*read.waiting),
        )

    def _slot(self, slot: _Slot) -> Slot:
        moment = self._moment(slot.moment, None)
        planned = tuple(self._chain(slot.planned, moment))
        # Recalled, it is played at once, and there is no time to work out what follows.
        for one in planned:
            one.knowledge()
        return Slot(moment, slot.gap, planned, dict(slot.settings))

    def _chain(self, moments: Iterable[_Moment], before: Moment | None = None) -> list[Moment]:
        chain: list[Moment] = []
        fed = 0
        for one in moments:
            fed = 0 if one.known >= 0 else fed + 1
            if fed > _FED:
                raise ValueError("too many states are missing")
            before = self._moment(one, before)
            chain.append(before)
        return chain

    def _moment(self, one: _Moment, before: Moment | None) -> Moment:
        codes = _within(one.codes, self._classes)
        conditions = _within(one.conditions, self._places)
        cursor = msgspec.convert(one.cursor, self._cursor)
        note = None if one.note is None else Note(*one.note)
        if one.known >= 0:
            knowledge = self._known[one.known]
        elif before is None or one.fixed:
            raise ValueError("a state is missing")
        elif not one.fed:
            knowledge = before.knowledge
        else:
            knowledge = self._fed(codes, conditions, before)
        if one.struck is not None and one.heard is not None:
            minds: Minds = one.struck, one.heard
        elif before is None:
            raise ValueError("a moment follows from none")
        else:
            minds = _after(before, note, one.own)
        return Moment(
            one.tick, codes, conditions, cursor, note, one.number, knowledge, one.own, one.fed,
            one.fixed, one.leap, *minds, one.touch,
        )  # fmt: skip

    def _fed(self, codes: Codes, conditions: Codes, before: Moment) -> Knowledge:
        model = self._model
        return Knowledge(lambda: model.advance(codes[None], conditions[None], before.state))


def _within(written: tuple[int, ...], classes: Codes) -> Codes:
    """Return codes. Raises ValueError where no step has such."""
    codes = np.array(written, np.int64)
    if codes.shape != classes.shape or (codes >= classes).any():
        raise ValueError(f"no step has the codes {list(written)}")
    return codes
