"""A model's state as a value: small tensors, and logs that only grow, whose rows the moments of a line share.

To keep a moment copies no log, and to go on from one a second time copies a few rows: rows lie in chunks,
and each place in a chunk is written once.
"""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Final, Self

import msgspec
import numpy as np

from models.contract.stream import Array, Tensors, TensorSpec

_CHUNK: Final = 8 << 10
"""Bytes of a chunk, about; mementos hold chunks."""


class Chunk:
    """Rows of a log, (n, ...), of which the first `used` are written. Threads: one writes, any read those."""

    __slots__ = ("rows", "used")

    def __init__(self, rows: Array, used: int) -> None:
        self.rows = rows
        self.used = used


class Rows(msgspec.Struct, frozen=True, eq=False):
    """Where a log's rows are: in all of the chunks, `end` of them in the last; the newest may be in none yet."""

    chunks: tuple[Chunk, ...] = ()
    end: int = 0
    newest: Array | None = None


class Log:
    """The last rows of a log at one moment: a value. Threads: one goes on from it, any may read it."""

    __slots__ = ("rows", "spec")

    def __init__(self, spec: TensorSpec, rows: Rows) -> None:
        self.spec = spec
        self.rows = rows

    @classmethod
    def of(cls, spec: TensorSpec, rows: Rows) -> Self:
        """Return the log of rows that were kept elsewhere. Raises ValueError where they are not such a log's."""
        size = chunk_rows(spec)
        used = [one.used for one in rows.chunks]
        fits = used[:-1] == [size] * len(used[:-1]) and len(used) <= _enough(spec) + 1
        inside = 0 < rows.end <= used[-1] <= size if used else rows.end == 0
        if not (fits and inside):
            raise ValueError(f"the log {spec.name!r} is in pieces that do not fit")
        return cls(spec, rows)

    def appended(self, row: Array) -> "Log":
        """Return the log with one row more, as the graph returns it; nobody writes into that any more."""
        rows = self._settled()
        return Log(self.spec, Rows(rows.chunks, rows.end, row))

    def follows(self, before: "Log") -> bool:
        """Return whether it is `before` and one row more."""
        mine, theirs = self.rows, before.rows
        return (
            mine.newest is not None
            and theirs.newest is None
            and mine.chunks is theirs.chunks
            and mine.end == theirs.end
        )

    def fill(self, window: Array) -> None:
        """Write the last rows at the end of a window, (log, ...), and zeros where there are none."""
        rows = self.rows
        at = len(window)
        if rows.newest is not None:
            at -= 1
            window[at] = rows.newest[0, 0]
        end, size = rows.end, chunk_rows(self.spec)
        for chunk in reversed(rows.chunks):
            count = min(end, at)
            window[at - count : at] = chunk.rows[end - count : end]
            at, end = at - count, size
        window[:at] = 0

    def window(self) -> Array:
        """Return the last rows as the graph is fed them, in memory of their own."""
        window = self.spec.zeros()
        self.fill(window[0])
        return window

    def _settled(self) -> Rows:
        """Put the newest row into a chunk. Only who is gone on from does: what is thrown away takes no room."""
        rows, size = self.rows, chunk_rows(self.spec)
        if rows.newest is None:
            return rows
        chunks, end = rows.chunks, rows.end
        if not chunks or end == size:
            chunks, end = (*chunks[-_enough(self.spec) :], _chunk(self.spec)), 0
        elif chunks[-1].used != end or end == len(chunks[-1].rows):
            # Another has gone on from here before.
            chunks = (*chunks[:-1], _chunk(self.spec, chunks[-1].rows[:end]))
        chunks[-1].rows[end] = rows.newest[0, 0]
        chunks[-1].used = end + 1
        # In one go, for another thread may be reading.
        self.rows = Rows(chunks, end + 1)
        return self.rows


class State(msgspec.Struct, frozen=True, eq=False):
    """What a model knows at one moment; nobody writes into it.

    tensors: the small ones, replaced at every step. logs: those to which a step adds a row.
    """

    tensors: Tensors
    logs: Mapping[str, Log] = {}

    @classmethod
    def start(cls, specs: Iterable[TensorSpec]) -> Self:
        """Return the state before anything was played: zeros, and logs without rows."""
        specs = tuple(specs)
        tensors = {spec.name: spec.zeros() for spec in specs if not spec.log}
        for tensor in tensors.values():
            tensor.setflags(write=False)
        return cls(tensors, {spec.name: Log(spec, Rows()) for spec in specs if spec.log})

    def after(self, made: Tensors) -> "State":
        """Return the state after a step. made: the next tensors, and the logs' next rows, by name."""
        if not self.logs:
            return State(made)
        return State(
            {name: made[name] for name in self.tensors},
            {name: log.appended(made[name]) for name, log in self.logs.items()},
        )

    def whole(self) -> Tensors:
        """Return all of it as the graph is fed it; logs are copied."""
        return {**self.tensors, **{name: log.window() for name, log in self.logs.items()}}


def chunk_rows(spec: TensorSpec) -> int:
    """Return how many rows of a log a chunk holds."""
    return max(_CHUNK // (np.dtype(spec.dtype).itemsize * prod(spec.shape)), 1)


def _enough(spec: TensorSpec) -> int:
    """Return how many full chunks hold all that a log keeps."""
    return -(-spec.log // chunk_rows(spec))


def _chunk(spec: TensorSpec, rows: Array | None = None) -> Chunk:
    fresh = np.empty((chunk_rows(spec), *spec.shape[2:]), spec.dtype)
    if rows is None:
        return Chunk(fresh, 0)
    fresh[: len(rows)] = rows
    return Chunk(fresh, len(rows))
