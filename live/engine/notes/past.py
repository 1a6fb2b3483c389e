"""What a voice of notes knows at one moment, as values: what a memento is made of, and is read back to."""

from collections.abc import Mapping
from dataclasses import dataclass

from live.declared.knobs import NoteKnobs
from live.engine.notes.history import Moment, Slot
from live.time.clock import Bars


@dataclass(frozen=True, slots=True)
class Past:
    """All that a voice's next notes depend on besides its artifact; see `Generator` for the fields.

    moments: those that it remembers, oldest first. floor: the one from which the next event is drawn
    again, where it was drawn before. What was planned is not part of it: it is drawn again.
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
