"""A step and where it leads: what decoders give, and what a moment keeps of it."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from live.engine.notes.pointer import Pointer
from live.ipc.ranges import Tick
from models.contract.grid import Note
from models.contract.representation import Codes, Representation


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where in the music a step has led to: the next one is counted from `tick`.

    A decoder that needs more to go on from has a subclass, of plain data, for mementos write it down;
    ticks in it are moved by `shifted`.

    told: it says what the model was told, so that a frozen voice comes back to it with what the model knew.
    """

    told: ClassVar[bool] = False

    tick: Tick

    @property
    def coming(self) -> int:
        """Return the tick from which the next step goes on."""
        return self.tick

    def shifted(self, ticks: int) -> Self:
        """Return the same place so many ticks later."""
        return replace(self, tick=self.tick + ticks)

    def check(self, written: Representation) -> None:
        """Raise ValueError where no step of this representation leads here: one read back may come from anywhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is fed, and what it means.

    codes: int64 (inputs,). conditions: int64 (conditions,), those of the step itself. cursor: where it leads.
    tick: when what it says begins. notes: those that it decides, which begin together: none, one or many.
    fed: whether the model is told; not where what was decided before is played out, such as a repeat. anew:
    whether the model forgets all that was before it: a new piece begins. pointer: what the step after it leans on.
    again: it says what began with its tick once more, and more of it; the model is told it instead of the steps before.
    """

    codes: Codes
    conditions: Codes
    cursor: Cursor
    tick: int
    notes: tuple[Note, ...] = ()
    fed: bool = True
    anew: bool = False
    again: bool = False
    pointer: Pointer | None = None
