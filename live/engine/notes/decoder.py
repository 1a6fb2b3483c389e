"""A decoder says what the steps of a representation mean in music, and draws them.

It is the only place on stage that knows a representation. All that it keeps of the past is a
cursor, a frozen value: whoever keeps an old one can go on from there.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from live.declared.knobs import NoteKnobs
from live.engine.notes.draw import Draw
from live.engine.notes.history import Moment
from live.engine.notes.operations import Plan
from live.engine.notes.pointer import Place, Places
from live.engine.notes.step import Cursor, Step
from live.time.clock import Bars
from models.contract.grid import Note
from models.contract.representation import Codes, Representation


class Tracing(Protocol):
    """What of a representation's steps can come back; see `pointing`. Threads: the engine's only."""

    @property
    def steps(self) -> float:
        """Return how many steps say a note, about."""

    @property
    def lines(self) -> bool:
        """Return whether they come back from bar lines on only."""

    def front(self, moment: Moment) -> int:
        """Return the earliest tick at which something can come back after a moment."""

    def trace(self, moment: Moment, before: Moment) -> Place | None:
        """Return where and what a moment is, where it can come back. before: the moment before it."""

    def recast(self, places: Places, trail: Places, since: int, knobs: NoteKnobs) -> Places:
        """Return what is to come back as it fits here: in another key it is transposed.

        trail: what was played, oldest first; what is to come back is of it, from the tick `since` on.
        """

    def rhythm(self, places: Places) -> Places:
        """Return their times alone, for a variation; nothing where they cannot be told from what stands there."""

    def elsewhere(self, places: Places, by: int, knobs: NoteKnobs) -> Places:
        """Return the same line so many steps of the scale higher, for a variation."""


class Decoder(Protocol):
    """What the steps of one representation mean. Threads: the engine's only; it keeps nothing between calls."""

    def __init__(self, written: Representation) -> None: ...

    @property
    def cursor(self) -> type[Cursor]:
        """Return what its cursors are."""

    @property
    def declines(self) -> frozenset[str]:
        """Return the knobs that do nothing to what it draws; who turns them is told."""

    @property
    def trades(self) -> bool:
        """Return whether voices that hear each other in solo play some bars each, in turn; see `trading`."""

    @property
    def tracing(self) -> Tracing | None:
        """Return what says which of its steps can come back; None where none can. It declines `form` then."""

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before the first. held: as journals of earlier versions began, where that differs."""

    def conditions(self, tick: int, bars: Bars) -> Codes:
        """Return what is given with a step that begins at a tick, int64 (conditions,)."""

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one step; None where nothing is allowed (a rest until something changes).

        first: the floor when this step was drawn for the first time. Drawn again under a later floor it
        falls where it fell, or as soon as it still can: a fader in motion, which has everything drawn
        again and again, does not push the music ahead of it.
        """

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        """Return the steps that say these notes, which begin together, after a cursor.

        The last one decides them. An empty tuple where they cannot be said yet: held notes, where a step needs to
        know how long they are. louder: by how much to take them as softer; see `history.louder`. knobs: as
        they stand, where a key has to be written down first. until: when the next notes begin, -1 where none are known.
        """

    @property
    def joins(self) -> int:
        """Return how many ticks one step says together, from the bar line on; 0 where each note has a step of its own.

        A note that comes later has the step said again.
        """

    @property
    def drums(self) -> bool:
        """Return whether steps can say drums; if not, those that other voices play are not heard."""

    def says(self, pitches: Collection[int]) -> bool:
        """Return whether steps can say just these pitches together; if not, `write` says the nearest that they can."""

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return whether knobs that allow some pitches leave something to play; if not, `draw` never finds a step."""

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return whether what is forced makes it answer each note at once, at the note's own time."""
