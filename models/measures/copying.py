"""Copying: what music shares with the pieces that a network has learned from, in any key."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from models.corpus.pieces import Longs, top_of
from models.measures.excerpt import LONGEST_GAP, Excerpt, gaps_of, snapped
from models.measures.suffixes import Suffixes

LENGTHS: Final = (4, 8, 12, 16, 24, 32)
"""Intervals of the runs whose share is counted."""
NEAREST: Final = 3
"""Two to this are the intervals of the runs by which the nearest piece is found."""
_MANY: Final = 64
"""Places that a run is looked up at, at most; what stands in more is everybody's."""


class Shared(NamedTuple):
    """The longest run that stands in a piece. length: its intervals, 128 at most.

    begin: the place of its first note in the top line. name: the piece, or nothing where nothing is shared.
    """

    length: int
    begin: int
    name: str


class Near(NamedTuple):
    """The piece that shares most with music. share: of its runs of eight intervals. name: nothing where none does."""

    share: float
    name: str


class Known:
    """The top lines of pieces: their intervals, and these together with the time from onset to onset."""

    def __init__(self, pieces: Iterable[tuple[str, Longs]]) -> None:
        """pieces: each by its name and its notes (n, 4), sorted by onset and pitch."""
        named = [(name, _line(notes)) for name, notes in pieces]
        self.names = [name for name, _ in named]
        self._plain = Suffixes([line[0] for _, line in named])
        self._timed = Suffixes([line[1] for _, line in named])

    def longest(self, excerpt: Excerpt, rhythm: bool = False) -> Shared:
        """Return the longest run of intervals that music shares; rhythm: with the same times between its onsets."""
        line, index = self._of(excerpt, rhythm)
        found = index.matched(line)
        length = int(found.max(initial=0))
        if not length:
            return Shared(0, 0, "")
        begin = int(found.argmax())
        return Shared(length, begin, self.names[index.where(line[begin : begin + length])])

    def shares(
        self, excerpt: Excerpt, lengths: Sequence[int] = LENGTHS, rhythm: bool = False
    ) -> dict[int, float]:
        """Return which share of the runs of so many intervals stands in the pieces; nan where it has none so long."""
        line, index = self._of(excerpt, rhythm)
        found = index.matched(line)
        runs = {length: found[: max(len(line) - length + 1, 0)] for length in lengths}
        return {
            length: float((some >= length).mean()) if len(some) else np.nan
            for length, some in runs.items()
        }

    def nearest(self, excerpt: Excerpt) -> Near:
        """Return the piece in which most of the runs of eight intervals stand."""
        pieces = self._plain.texts_with(_line(excerpt.notes)[0], NEAREST, _MANY)
        counts = np.bincount(np.concatenate([*pieces, np.zeros(0, np.int64)]).astype(np.int64))
        if not counts.any():
            return Near(0.0 if pieces else np.nan, "")
        most = int(counts.argmax())
        return Near(float(counts[most] / len(pieces)), self.names[most])

    def _of(self, excerpt: Excerpt, rhythm: bool) -> tuple[Longs, Suffixes]:
        plain, timed = _line(excerpt.notes)
        return (timed, self._timed) if rhythm else (plain, self._plain)


def _line(notes: Longs) -> tuple[Longs, Longs]:
    """Return the intervals of a top line, and the same with the time that each took, as one number."""
    top = top_of(notes.astype(np.int64))
    intervals = np.diff(top[:, 1])
    gaps = gaps_of(snapped(top[:, 0]))
    return intervals, intervals * (LONGEST_GAP + 1) + gaps
