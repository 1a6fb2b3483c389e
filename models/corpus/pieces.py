"""Pieces: what a file of music holds, before a representation writes it down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.contract.grid import METRES, TICKS
from models.corpus.facts import (
    Facts,
    classes,
    first_tempo,
    instrument,
    key_named,
    lasting,
    metres_named,
)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

SHORT: Final = 8
"""With fewer notes than this, a score is known by all that is in it."""
WHOLE: Final = 4 * TICKS
"""Ticks of a whole note."""
_APART: Final = 1 << 40
"""More ticks than any piece has."""


class Piece(Protocol):
    """A piece of whatever kind of file; its reader makes it, and encoders that read that kind know more of it."""

    @property
    def name(self) -> str:
        """Return what it is called where a piece is named."""

    @property
    def transcriber(self) -> str:
        """Return who wrote it down, where its file says so, or nothing."""

    @property
    def score(self) -> "Score":
        """Return its notes on the grid, its parts kept apart."""

    @property
    def fault(self) -> str:
        """Return why no network of pitches can learn from it, as in "has no notes", or nothing."""

    @property
    def unisons(self) -> int:
        """Return how many notes are one with another part's on one piano: struck together, at the same pitch."""

    def facts(self) -> Facts:
        """Return what it says of itself."""

    @property
    def drumless(self) -> str:
        """Return why no network of drums can learn from it, or nothing."""

    def content(self) -> bytes:
        """Return what it is known by, the same in any key, at any beginning and touch (see `prints`)."""

    def line(self) -> Longs:
        """Return its top line as it sounds: of each onset the highest pitch."""


class Part(NamedTuple):
    """What one instrument plays.

    program: of General MIDI, 0 to 127. drums: its pitches are drums. notes: int32 (n, 4), onset, pitch, velocity
    and duration (ticks, times in ticks), sorted by onset and pitch; voices within a part may overlap on a pitch.
    offsets: int32 (n, 1), how much later than on its tick each is struck, in `FINE` parts of one; or nothing, (0, 1),
    where nobody says.
    """

    name: str
    program: int
    drums: bool
    notes: Ints
    offsets: Ints = np.zeros((0, 1), np.int32)


@dataclass(frozen=True)
class Score:
    """A piece on the grid, its parts kept apart.

    metres: int32 (m, 3), the tick where a metre begins with a bar, and its two numbers (0, 4 where it is not known);
    the first is at tick 0, or before it where the piece begins within a bar. tempi: int32 (t, 2), ticks and from there
    the microseconds of a beat, from where the file says it. keys: int32 (k, 3), ticks, sharps (flats below 0) and
    whether it is minor. Both have no rows where the file says nothing.
    """

    name: str
    parts: tuple[Part, ...]
    metres: Ints
    tempi: Ints
    keys: Ints
    transcriber: str = ""

    @classmethod
    def piano(cls, name: str, notes: Ints, bars: Ints) -> "Score":
        """Return a score for one piano; see `notes` and `bars`."""
        metres = np.insert(bars, 2, 8, axis=1).astype(np.int32)
        nothing = np.zeros((0, 3), np.int32)
        return cls(name, (Part("", 0, False, notes),), metres, nothing[:, :2], nothing)

    def named(self, name: str) -> "Score":
        """Return the same under another name."""
        return replace(self, name=name)

    @cached_property
    def notes(self) -> Ints:
        """All parts but drums on one piano; see `on_one_piano`."""
        return on_one_piano([part.notes for part in self.parts if not part.drums])

    @cached_property
    def written(self) -> dict[object, Ints]:
        """Tables of its notes as encoders have written them, each under what it is of: no window makes its own."""
        return {}

    @cached_property
    def bars(self) -> Ints:
        """The metres as networks know them: int32 (m, 2), ticks and eighths (0 for all that they do not know)."""
        begin, upper, lower = self.metres.T
        eighths, rest = np.divmod(upper * 8, lower)
        known = (rest == 0) & (eighths < METRES)
        return np.stack((begin, np.where(known, eighths, 0)), 1).astype(np.int32)

    @property
    def upbeat(self) -> int:
        """Ticks of the bar that it begins in, where that is not a whole one; else 0.

        Files of MIDI write a pickup bar as one bar of a shorter metre.
        """
        begin, upper, lower = self.metres[:, 0], *self.metres[:, 1:].T
        lengths = upper * WHOLE // lower
        if begin[0] < 0 < lengths[0]:
            return int(begin[0] % lengths[0])
        if len(begin) > 1 and begin[1] - begin[0] == lengths[0] < lengths[1]:
            return int(lengths[0])
        return 0

    @property
    def score(self) -> "Score":
        """Return itself."""
        return self

    @property
    def fault(self) -> str:
        """Return what it lacks; see `Piece.fault`."""
        drums = all(part.drums for part in self.parts)
        return "has no notes outside the drum channel" if drums else ""

    @property
    def drumless(self) -> str:
        """Return what it lacks for a network of drums; see `Piece.fault`."""
        return "" if any(part.drums for part in self.parts) else "has no notes on the drum channel"

    @property
    def unisons(self) -> int:
        """Return how many notes are lost on one piano; see `Piece.unisons`."""
        return sum(len(part.notes) for part in self.parts if not part.drums) - len(self.notes)

    def facts(self) -> Facts:
        """Return what it says of itself; see `Piece.facts`."""
        notes: Counter[str] = Counter()
        for part in self.parts:
            notes[instrument(part.program, part.drums)] += len(part.notes)
        first = min(int(part.notes[0, 0]) for part in self.parts)
        end = max(int((part.notes[:, 0] + part.notes[:, 3]).max()) for part in self.parts)
        return Facts(
            lasting(self.tempi, end),
            notes,
            classes(self.notes[:, 1]),
            metres_named(self.metres[:, 1:].tolist()),
            first_tempo(self.tempi, first),
            key_named(*self.keys[0, 1:].tolist()) if len(self.keys) else "",
            self.unisons,
        )

    def content(self) -> bytes:
        """Return gaps and intervals; see `Piece.content`."""
        notes = self.notes.astype(np.int64)
        if not len(notes):
            notes = np.concatenate([part.notes for part in self.parts]).astype(np.int64)
        elif len(notes) >= SHORT:
            notes = np.diff(notes[:, :2], axis=0)
        return np.ascontiguousarray(notes, "<i8").tobytes()

    def line(self) -> Longs:
        """Return its top line; see `Piece.line`."""
        return top_of(self.notes.astype(np.int64))[:, 1]


def on_one_piano(parts: Sequence[Ints]) -> Ints:
    """Return notes (n, 4) of parts as one piano sounds them, sorted by onset and pitch.

    A pitch is struck wherever a part strikes it (together, once: as loud as the loudest), and sounds as long as
    any part holds it; where it is struck again, the note before ends.
    """
    table = np.concatenate([np.zeros((0, 4), np.int64), *parts])
    onset, pitch, velocity, duration = table.T
    order = np.lexsort((velocity, onset, pitch))
    onset, pitch, velocity = onset[order], pitch[order], velocity[order]
    # Of each pitch, how long it is held by whoever struck it so far; a higher pitch begins anew.
    held = np.maximum.accumulate(onset + duration[order] + pitch * _APART) - pitch * _APART
    last = (np.diff(onset, append=-1) != 0) | (np.diff(pitch, append=-1) != 0)
    onset, pitch, velocity, held = onset[last], pitch[last], velocity[last], held[last]
    again = np.append(onset[1:], _APART)
    again[:-1][pitch[1:] != pitch[:-1]] = _APART
    joined = np.stack((onset, pitch, velocity, np.minimum(held, again[: len(onset)]) - onset), 1)
    return joined[np.lexsort((pitch, onset))].astype(np.int32)


def top_of(notes: Longs) -> Longs:
    """Return the top line of notes (n, 4), sorted by onset and pitch: of each onset the highest."""
    last = np.append(notes[1:, 0] != notes[:-1, 0], True)
    return np.asarray(notes[last[: len(notes)]])
