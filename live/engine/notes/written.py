"""A voice of notes as a memento's content: the form in which it is written. Ranges hold for what is read back."""

from typing import Annotated, Any, Final, Self

import msgspec
from msgspec import Meta
from msgspec.structs import astuple

from live.declared.knob import Value
from live.engine.memento import SLOTS, Tensor
from live.engine.notes.draw import STRUCK
from live.engine.notes.feeding import HEARD
from live.engine.notes.history import REMEMBERED, Moment
from live.engine.notes.horizon import PLANNED
from live.engine.notes.past import Waiting
from live.engine.notes.phrase import NOTES, Heard, gone_on
from live.engine.notes.pointer import MOST as PLACES
from live.engine.notes.pointer import REACH, Places, Pointer
from live.engine.notes.sections import Sections
from live.engine.notes.states import MOST, WrittenKnown
from live.ipc.ranges import Offset, Part, Pitch, Tick, Velocity
from models.contract.grid import ACCOMPANIES, Note

EVERY: Final = 16
"""Moments of which one is written with its state; those between are worked out again."""
FED: Final = 4 * EVERY
"""Moments in a row whose states have to be worked out, at most."""
MOMENTS: Final = REMEMBERED + REMEMBERED // 4
"""Moments that are written at most."""
_TOGETHER: Final = 128
"""Notes of a step at most: each has a moment of its own."""
_LONGEST: Final = 1 << 20
"""Ticks of the longest note."""

_Codes = Annotated[tuple[Annotated[int, Meta(ge=0, le=1 << 16)], ...], Meta(max_length=1 << 12)]
_Duration = Annotated[int, Meta(ge=0, le=_LONGEST)]
_Few = Meta(max_length=max(STRUCK, HEARD) + 1)


class WrittenNote(msgspec.Struct, frozen=True, array_like=True):
    """A note; see `grid.Note`."""

    onset: Tick
    pitch: Pitch
    velocity: Velocity
    duration: _Duration
    part: Part = 0
    offset: Offset = 0

    @classmethod
    def of(cls, note: Note) -> Self:
        """Return a note as it is written."""
        return cls(*astuple(note))

    def read(self) -> Note:
        """Return the note."""
        return Note(*astuple(self))


class WrittenMoment(msgspec.Struct, frozen=True, array_like=True):
    """A moment. known: which state it has, -1 for none.

    struck, heard: None where they follow from those of the moment before, and phrase with them.
    """

    tick: Tick
    codes: _Codes
    conditions: _Codes
    cursor: dict[str, Any]
    note: WrittenNote | None
    number: Tick
    known: Annotated[int, Meta(ge=-1, lt=MOST)]
    own: bool
    fed: bool
    fixed: bool
    leap: Tick
    struck: Annotated[tuple[tuple[Tick, Pitch], ...], _Few] | None
    heard: Annotated[tuple[tuple[Tick, Velocity], ...], _Few] | None
    touch: bool
    anew: bool = False
    pointer: Pointer | Annotated[int, Meta(ge=0, le=PLACES)] | None = None
    trail: Annotated[Places, Meta(max_length=REACH)] | None = None
    phrase: Annotated[tuple[tuple[Tick, Pitch, _Duration], ...], Meta(max_length=NOTES)] = ()
    unanswered: Annotated[int, Meta(ge=0, le=REACH)] = 0


class WrittenSlot(msgspec.Struct, frozen=True, array_like=True):
    """A slot; see `history.Slot`."""

    moment: WrittenMoment
    gap: Tick
    planned: Annotated[tuple[WrittenMoment, ...], Meta(max_length=PLANNED + MOMENTS)]
    settings: dict[str, Value]
    sections: Sections | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A `Past`. known, chunks: the states, and the pieces of their logs, that moments refer to by their place."""

    representation: str
    known: Annotated[tuple[WrittenKnown, ...], Meta(max_length=MOST)]
    chunks: Annotated[tuple[Tensor, ...], Meta(max_length=MOST)] = ()
    moments: Annotated[tuple[WrittenMoment, ...], Meta(max_length=MOMENTS)]
    slots: Annotated[
        dict[Annotated[str, Meta(max_length=4096)], WrittenSlot], Meta(max_length=SLOTS)
    ]
    frozen: WrittenMoment | None
    knobs: dict[str, Value]
    forced: Annotated[dict[str, int], Meta(max_length=64)]
    metre: tuple[int, int]
    tick: Tick
    bar: Tick
    hushed: Tick
    held_start: bool
    floor: Tick | None
    planned: Annotated[tuple[WrittenMoment, ...], Meta(max_length=PLANNED + _TOGETHER)] = ()
    overheard: Annotated[
        tuple[tuple[Tick, Annotated[int, Meta(ge=0, le=1 << 16)], WrittenNote, bool], ...],
        Meta(max_length=MOMENTS),
    ] = ()
    sections: Sections | None = None
    waits: Waiting | None = None
    returned: Annotated[
        frozenset[Annotated[int, Meta(ge=0, le=1 << 16)]], Meta(max_length=MOMENTS)
    ] = frozenset()
    traders: Annotated[tuple[Annotated[int, Meta(ge=0, le=1 << 16)], ...], Meta(max_length=64)] = ()


decoder = msgspec.msgpack.Decoder(Content)


Minds = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...], tuple[Heard, ...]]


def after(before: Moment, note: Note | None, own: bool) -> Minds:
    """Return what a moment has in mind of its own notes, of the player's, and of the last phrase, after a note."""
    if note is None:
        return before.struck, before.heard, before.phrase
    if own and note.part != ACCOMPANIES:
        struck = (*before.struck[-STRUCK:], (note.onset, note.pitch))
        return struck, before.heard, before.phrase
    if own:
        return before.struck, before.heard, before.phrase
    heard = (*before.heard[-HEARD:], (note.onset, note.velocity))
    return before.struck, heard, gone_on(before.phrase, before.own, note)
