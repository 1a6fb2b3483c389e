"""Pieces: what a file of music holds, before a representation writes it down."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

SHORT: Final = 8
"""With fewer notes than this, a score is known by all that is in it."""


class Piece(Protocol):
    """A piece of whatever kind of file; its reader makes it, and encoders that read that kind know more of it."""

    @property
    def name(self) -> str:
        """Return what it is called where a piece is named."""

    @property
    def transcriber(self) -> str:
        """Return who wrote it down, where its file says so, or nothing."""

    def content(self) -> bytes:
        """Return what it is known by, the same in any key, at any beginning and touch (see `prints`)."""

    def line(self) -> Longs:
        """Return its top line as it sounds: of each onset the highest pitch."""


@dataclass(frozen=True)
class Score:
    """A piece on the grid.

    notes: int32 (n, 4), onset, pitch, velocity and duration (ticks, times in ticks), sorted.
    bars: int32 (m, 2), the tick where a metre begins with a bar, and its eighths (0: not known).
    """

    name: str
    notes: Ints
    bars: Ints

    @property
    def transcriber(self) -> str:
        """Return nothing: files of MIDI do not say."""
        return ""

    def content(self) -> bytes:
        """Return gaps and intervals; see `Piece.content`."""
        notes = self.notes.astype(np.int64)
        if len(notes) >= SHORT:
            notes = np.diff(notes[:, :2], axis=0)
        return np.ascontiguousarray(notes, "<i8").tobytes()

    def line(self) -> Longs:
        """Return its top line; see `Piece.line`."""
        return top_of(self.notes.astype(np.int64))[:, 1]


def top_of(notes: Longs) -> Longs:
    """Return the top line of notes (n, 4), sorted by onset and pitch: of each onset the highest."""
    last = np.append(notes[1:, 0] != notes[:-1, 0], True)
    return np.asarray(notes[last[: len(notes)]])
