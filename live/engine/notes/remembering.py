"""A voice of notes read back from a memento's content, which is checked as if somebody hostile had written it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from time import sleep
from typing import TypeVar

import msgspec
import numpy as np

from live.declared.knobs import BEFORE, NOTE_KNOBS, turned
from live.declared.metre import metre
from live.engine.memento import Memento, MementoError
from live.engine.notes.decoders.table import decoder
from live.engine.notes.history import Moment, Slot, knowledge_after
from live.engine.notes.knowledge import Knowledge
from live.engine.notes.memento import PAUSE, TOGETHER
from live.engine.notes.past import Past
from live.engine.notes.pointer import read_after
from live.engine.notes.states import Reader
from live.engine.notes.written import FED, Content, Minds, WrittenMoment, WrittenSlot, after
from live.engine.notes.written import decoder as form
from live.time.clock import Bars
from models.contract.border import border
from models.contract.errors import ExtempoError
from models.contract.representation import Codes, limits
from models.contract.stepping import StepModel


@dataclass(frozen=True, slots=True)
class Read:
    """A memento that was read back. digest: SHA-256 of its content. whole: all of it, or its slots only."""

    digest: str
    past: Past
    whole: bool


def read(memento: Memento, whole: bool, model: StepModel, where: str) -> Read:
    """Read a memento, or its slots only; see `unpack`."""
    content = memento.pack(not whole)
    return Read(sha256(content).hexdigest(), unpack(content, model, where), whole)


def unpack(content: bytes, model: StepModel, where: str) -> Past:
    """Read back what was written down, for a voice that plays with a model.

    where: what it is called in messages. Raises MementoError, one sentence, where it is no such thing. Any
    thread may call it: it takes no step of the model, what is still to be worked out is when it is asked for.
    """

    def refused(said: str) -> MementoError:
        return MementoError(f"{where} cannot be gone on from ({said}): remove it.")

    with border(refused):
        read = form.decode(content)
        known = model.representation.name
        if read.representation != known:
            raise ValueError(f"it is of {read.representation}, not of {known}")
        try:
            return _Unpacking(read, model).past()
        except ExtempoError as error:
            # What knobs and metres say of themselves does not say where.
            raise refused(str(error).rstrip(".")) from error


T = TypeVar("T")


class _Unpacking:
    """Makes moments of what was read. Raises ValueError, LookupError or KnobError for what cannot be."""

    def __init__(self, read: Content, model: StepModel) -> None:
        self._read, self._model = read, model
        self._written = model.representation
        self._cursor = decoder(self._written).cursor
        self._classes = limits(self._written.inputs)
        self._places = limits(self._written.conditions)
        beats, unit = read.metre
        self._bars = Bars(metre(f"{beats}/{unit}"), read.tick, read.bar)
        reader = Reader(model.spec, read.chunks)
        self._count = 0
        self._known = [self._gently(Knowledge.of(reader.known(one))) for one in read.known]

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
            name: NOTE_KNOBS[name].check(value)
            for name, value in read.knobs.items()
            if name in NOTE_KNOBS
        }
        moments = self._chain(read.moments)
        return Past(
            representation=read.representation,
            moments=tuple(moments),
            slots=slots,
            frozen=None if read.frozen is None else self._moment(read.frozen, None),
            knobs=turned(BEFORE, known),
            forced=dict(read.forced),
            bars=self._bars,
            hushed=read.hushed,
            held_start=read.held_start,
            floor=read.floor,
            planned=tuple(self._chain(read.planned, moments[-1] if moments else None)),
            overheard=tuple(
                (onset, voice, note.read(), touch) for onset, voice, note, touch in read.overheard
            ),
            waiting=read.waits,
            returned=read.returned,
            sections=read.sections,
            traders=read.traders,
        )

    def _slot(self, slot: WrittenSlot) -> Slot:
        moment = self._moment(slot.moment, None)
        planned = tuple(self._chain(slot.planned, moment))
        return Slot(moment, slot.gap, planned, dict(slot.settings), slot.sections)

    def _chain(
        self, moments: Iterable[WrittenMoment], before: Moment | None = None
    ) -> list[Moment]:
        chain: list[Moment] = []
        fed = 0
        for one in moments:
            fed = 0 if one.known >= 0 else fed + 1
            if fed > FED:
                raise ValueError("too many states are missing")
            before = self._moment(one, before)
            chain.append(before)
        return chain

    def _moment(self, one: WrittenMoment, before: Moment | None) -> Moment:
        codes = _within(one.codes, self._classes)
        conditions = _within(one.conditions, self._places)
        cursor = msgspec.convert(one.cursor, self._cursor)
        cursor.check(self._written)
        note = None if one.note is None else one.note.read()
        if one.known >= 0:
            knowledge = self._known[one.known]
        elif before is None or one.fixed:
            raise ValueError("a state is missing")
        elif not one.fed:
            knowledge = before.knowledge
        else:
            knowledge = knowledge_after(self._model, codes, conditions, before, one.anew)
        if one.struck is not None and one.heard is not None:
            minds: Minds = one.struck, one.heard, one.phrase
        elif before is None:
            raise ValueError("a moment follows from none")
        else:
            minds = after(before, note, one.own)
        struck, heard, phrase = minds
        pointer = read_after(before.pointer if before else None, one.pointer)
        return self._gently(Moment(
            one.tick, codes, conditions, cursor, note, one.number, knowledge, one.own, one.fed,
            one.fixed, one.leap, struck, heard, one.touch, one.anew, pointer, one.trail, phrase,
            one.unanswered,
        ))  # fmt: skip

    def _gently(self, made: T) -> T:
        """Return what was made; who plays waits for Python's lock no longer than for a few."""
        self._count += 1
        if self._count % TOGETHER == 0:
            sleep(PAUSE)
        return made


def _within(written: tuple[int, ...], classes: Codes) -> Codes:
    """Return codes. Raises ValueError where no step has such."""
    codes = np.array(written, np.int64)
    if codes.shape != classes.shape or (codes >= classes).any():
        raise ValueError(f"no step has the codes {list(written)}")
    return codes
