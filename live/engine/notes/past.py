"""What a voice of notes knows at one moment, as values: what a memento is made of, and is read back to."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoder import Tracing
from live.engine.notes.ear import Listened
from live.engine.notes.history import Moment, Slot
from live.engine.notes.sections import Sections
from live.ipc.ranges import Tick
from live.time.clock import Bars
from models.contract.grid import Note


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """What the player waits for. begin, end, insists: see `Answer`. begins: see `Scheduler`. ear: what it has heard.

    rests: nothing could be drawn, and nothing has changed since. promised: by which tick a note comes that what
    others play has put off; None where none was.
    """

    begin: Tick
    end: Tick
    insists: bool
    begins: bool
    ear: Listened
    rests: bool = False
    promised: Tick | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """All that a voice's next notes depend on besides its artifact; see `Generator` for the fields.

    moments: those that it remembers, oldest first. planned: those that were to follow, so that what
    happened next can be done again. floor: the one from which the next step is drawn again, where it
    was drawn before. overheard: what other voices have played and it has not taken in yet.
    returned: voices that it has heard and that hear it. tracing: what says what it can point at.
    sections: the form that was asked for. traders: voices with which it trades bars.
    """

    representation: str
    moments: tuple[Moment, ...]
    slots: Mapping[str, Slot]
    frozen: Moment | None
    knobs: NoteKnobs
    forced: Mapping[str, int]
    bars: Bars
    hushed: int
    held_start: bool
    floor: int | None
    planned: tuple[Moment, ...] = ()
    overheard: tuple[tuple[int, int, Note, bool], ...] = ()
    waiting: Waiting | None = None
    returned: frozenset[int] = frozenset()
    tracing: Tracing | None = None
    sections: Sections | None = None
    traders: tuple[int, ...] = ()
