"""Pieces that are opened when they are wanted: of those in shards, no more stay in memory than there is room for."""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, overload

from models.corpus.pieces import Piece
from models.corpus.store import Row

ROOM: Final = 256 << 20
"""Bytes of shards whose pieces stay open, all folders together."""


class _Opened:
    """The pieces that were wanted last. Any thread may call it."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._pieces: OrderedDict[tuple[int, int], tuple[Row, Piece]] = OrderedDict()
        self._size = 0

    def piece(self, row: Row) -> Piece:
        """Return the one piece of a file. Raises ExtempoError where what was kept of it is damaged."""
        key = id(row.shard), row.number
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key][1]
        (piece,) = row.held().pieces
        with self._lock:
            if key not in self._pieces:
                self._size += row.entry.size
                # The row keeps its shard, so that nothing else gets its number.
                self._pieces[key] = row, piece
            while self._size > self._room and len(self._pieces) > 1:
                _, (least, _) = self._pieces.popitem(last=False)
                self._size -= least.entry.size
        return piece


_OPENED: Final = _Opened(ROOM)


class Pieces(Sequence[Piece]):
    """Pieces as they are, or where they are kept."""

    def __init__(self, ones: Sequence[Piece | Row]) -> None:
        self._ones = ones

    def __len__(self) -> int:
        return len(self._ones)

    @overload
    def __getitem__(self, number: int) -> Piece: ...
    @overload
    def __getitem__(self, number: slice) -> "Pieces": ...
    def __getitem__(self, number: int | slice) -> "Piece | Pieces":
        if isinstance(number, slice):
            return Pieces(self._ones[number])
        one = self._ones[number]
        return _OPENED.piece(one) if isinstance(one, Row) else one

    def of(self, numbers: Iterable[int]) -> "Pieces":
        """Return some of them."""
        return Pieces([self._ones[number] for number in numbers])


class Joined(Sequence[Piece]):
    """Several sequences of pieces, one after the other."""

    def __init__(self, parts: Sequence[Sequence[Piece]]) -> None:
        self._parts = [part for part in parts if len(part)]
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, number: int) -> Piece: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Piece]: ...
    def __getitem__(self, number: int | slice) -> Piece | Sequence[Piece]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        part = bisect_right(self._ends, at)
        return self._parts[part][at - (self._ends[part - 1] if part else 0)]
