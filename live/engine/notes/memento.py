"""What a voice of notes knows, written down as a memento's content: as tensors and plain data."""

from collections.abc import Iterable
from time import sleep
from typing import Final

import msgspec

from live.declared.knobs import NoteKnobs, values
from live.engine.memento import Tensor
from live.engine.notes.history import Moment, Slot
from live.engine.notes.past import Past
from live.engine.notes.pointer import left_of
from live.engine.notes.pointing import remembering
from live.engine.notes.states import Writer, WrittenKnown
from live.engine.notes.written import (
    EVERY,
    MOMENTS,
    Content,
    WrittenMoment,
    WrittenNote,
    WrittenSlot,
    after,
)
from live.time.clock import Bars

STATES: Final = 16 << 20
"""Bytes of states that are written of what is remembered; older moments are left out."""
TOGETHER: Final = 16
"""Moments that are written in one go, in 0.2 ms or so."""
PAUSE: Final = 0.001
"""Seconds between them."""


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
    content = Content(
        representation=past.representation,
        moments=moments,
        slots=slots,
        frozen=frozen,
        known=packing.known,
        chunks=packing.chunks,
        knobs=values(past.knobs),
        forced=dict(past.forced),
        metre=(beats, unit),
        tick=past.bars.tick,
        bar=past.bars.bar,
        hushed=past.hushed,
        held_start=past.held_start,
        floor=past.floor,
        planned=planned,
        overheard=tuple(
            (onset, voice, WrittenNote.of(note), touch)
            for onset, voice, note, touch in past.overheard[-MOMENTS:]
        ),
        waits=past.waiting,
        returned=past.returned,
        sections=past.sections,
        traders=past.traders,
    )
    return msgspec.msgpack.encode(content)


def _bare(past: Past) -> Past:
    return Past(past.representation, (), past.slots, None, NoteKnobs(), {}, Bars(), 0, False, None)


class _Packing:
    """Writes moments down, and each state that is needed once."""

    def __init__(self) -> None:
        self._states = Writer()
        self._count = 0

    @property
    def known(self) -> tuple[WrittenKnown, ...]:
        """Return the states that were needed."""
        return tuple(self._states.known)

    @property
    def chunks(self) -> tuple[Tensor, ...]:
        """Return the pieces of their logs."""
        return self._states.chunks

    def history(self, past: Past) -> tuple[WrittenMoment, ...]:
        """Write down the newest moments, oldest first, as far as their states are known and find room."""
        moments = past.moments
        written: list[WrittenMoment] = []
        room, since = self._states.size + STATES, EVERY
        for index in reversed(range(len(moments))):
            moment = moments[index]
            before = moments[index - 1] if index else None
            if self._states.size > room or _is_lost(moment, before):
                break
            written.append(self.moment(moment, before, since >= EVERY))
            since = 1 if written[-1].known >= 0 else since + 1
        while moments[-len(written)].knowledge.known is None:
            written.pop()
        # The oldest has none before it that anything could follow from.
        oldest = moments[-len(written)]
        if len(written) < len(moments) and past.tracing is not None:
            oldest = remembering(oldest, moments[: -len(written) + 1 or None], past.tracing)
        written[-1] = self.moment(oldest, None, keep=True)
        return tuple(reversed(written))

    def slot(self, slot: Slot) -> WrittenSlot:
        """Write a slot down."""
        moment = self.moment(slot.moment, None, keep=True)
        planned = self.chain(slot.moment, slot.planned)
        return WrittenSlot(moment, slot.gap, planned, dict(slot.settings), slot.sections)

    def chain(self, before: Moment, moments: Iterable[Moment]) -> tuple[WrittenMoment, ...]:
        """Write moments down that follow one that is written."""
        chain = []
        for index, one in enumerate(moments, 1):
            if _is_lost(one, before):
                # It is drawn again.
                break
            # Those between would be worked out again, perhaps under other bars.
            chain.append(self.moment(one, before, self._states.size < STATES or index % EVERY == 0))
            before = one
        return tuple(chain)

    def moment(self, moment: Moment, before: Moment | None, keep: bool) -> WrittenMoment:
        """Write a moment down. before: the one that it follows, if that is written too. keep: its state too."""
        self._count += 1
        if self._count % TOGETHER == 0:
            # Who plays waits for Python's lock no longer than for these.
            sleep(PAUSE)
        follows = before is not None and not moment.fixed and _follows(before, moment)
        note = moment.note
        known = self._state(moment) if keep or not follows or not _leads(before, moment) else -1
        return WrittenMoment(
            moment.tick, tuple(moment.codes.tolist()), tuple(moment.conditions.tolist()),
            msgspec.to_builtins(moment.cursor), None if note is None else WrittenNote.of(note),
            moment.number, known, moment.own, moment.fed, moment.fixed, moment.leap,
            None if follows else moment.struck, None if follows else moment.heard, moment.touch, moment.anew,
            left_of(before.pointer if before else None, moment.pointer), moment.trail, () if follows else moment.phrase,
            moment.unanswered,
        )  # fmt: skip

    def _state(self, moment: Moment) -> int:
        known = moment.knowledge.known
        return -1 if known is None else self._states.place(moment.knowledge, known)


def _leads(before: Moment | None, moment: Moment) -> bool:
    """Return whether what a model knows follows from the moment before: not where a frozen voice comes back."""
    if before is None or moment.fixed:
        return False
    if not moment.fed:
        return moment.knowledge is before.knowledge
    return moment.anew or moment.knowledge.follows(before.knowledge)


def _is_lost(moment: Moment, before: Moment | None) -> bool:
    """Return whether nobody could work out what a model knows after a moment."""
    return moment.knowledge.known is None and not _leads(before, moment)


def _follows(before: Moment, moment: Moment) -> bool:
    """Return whether what a moment has in mind follows from the one before."""
    return (moment.struck, moment.heard, moment.phrase) == after(before, moment.note, moment.own)
