"""Where numbers lie in memory that compiled code reads: vectors, matrices, and what fills them.

Sizes are rounded up to whole vectors, and what is added holds zeros, which change nothing.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

LINE: Final = 64
"""Bytes to which memory is aligned: one line of the cache, one vector at most."""

Floats = NDArray[np.float32]


class Target(msgspec.Struct, frozen=True):
    """A processor, as far as the code for it differs. lanes: floats in a vector. registers: vectors."""

    name: str
    features: str
    lanes: int
    registers: int


class Matrix(msgspec.Struct, frozen=True):
    """A matrix in memory: groups of whole columns, row after row within a group.

    start: where it begins, in bytes. groups: of each its first column and width, in vectors, and where
    it begins in the matrix, in floats.
    """

    start: int
    rows: int
    columns: int
    groups: tuple[tuple[int, int, int], ...]

    @property
    def size(self) -> int:
        """Return its bytes."""
        return self.rows * self.columns * 4


class Places:
    """Gives out places in one piece of memory, one after the other; a network's layout is built from it.

    bytes: how much has been given out.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.lanes = target.lanes
        self.bytes = 0

    def padded(self, size: int) -> int:
        """Return a size rounded up to whole vectors."""
        return -(-size // self.lanes) * self.lanes

    def numbers(self, count: int) -> int:
        """Return where so many floats begin, in bytes."""
        return self._take(count * 4)

    def matrix(self, rows: int, columns: int, widest: int) -> Matrix:
        """Return the place of a matrix whose groups are so many vectors wide at most."""
        vectors = columns // self.lanes
        groups = tuple(
            (first, min(widest, vectors - first), first * rows * self.lanes)
            for first in range(0, vectors, widest)
        )
        return Matrix(self._take(rows * columns * 4), rows, columns, groups)

    def tile(self, matrix: Matrix) -> int:
        """Return how many rows at once go through a matrix: so many sums fit the registers."""
        width = max(width for _, width, _ in matrix.groups)
        return max(1, min(4, self._sums // width))

    def widest(self, rows: int) -> int:
        """Return how wide groups may be, in vectors, where so many rows go through a matrix at once."""
        return 4 if rows > 1 else min(16, self._sums)

    @property
    def _sums(self) -> int:
        """Registers for sums; the others hold what comes in."""
        return self.target.registers - 8 if self.target.registers >= 32 else 12

    def _take(self, size: int) -> int:
        start = self.bytes
        self.bytes += -(-size // LINE) * LINE
        return start


class Packer:
    """Writes weights to their places. Threads: one."""

    def __init__(self, places: Places) -> None:
        self.memory: NDArray[np.uint8] = room(places.bytes // 4).view(np.uint8)
        self._lanes = places.lanes

    def numbers(self, start: int, values: Floats) -> None:
        """Write numbers in a row, from `start` on, in bytes."""
        self.memory[start : start + 4 * values.size].view(np.float32)[:] = values.ravel()

    def matrix(self, place: Matrix, values: Floats) -> None:
        """Write a matrix whose columns are whole vectors."""
        rows, lanes = down(values, place.rows), self._lanes
        parts = [
            rows[:, first * lanes : (first + width) * lanes].ravel()
            for first, width, _ in place.groups
        ]
        self.numbers(place.start, np.concatenate(parts))


def across(matrix: Floats, size: int) -> Floats:
    """Return a matrix with so many columns, the new ones zeros."""
    return np.pad(matrix, ((0, 0), (0, size - matrix.shape[1])))


def down(matrix: Floats, size: int) -> Floats:
    """Return a matrix with so many rows, the new ones zeros."""
    return np.pad(matrix, ((0, size - len(matrix)), (0, 0)))


def room(count: int) -> Floats:
    """Return zeros that begin at a line of the cache."""
    raw = np.zeros(count * 4 + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    held: Floats = raw[start : start + count * 4].view(np.float32)
    return held
