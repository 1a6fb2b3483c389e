"""States of a model written down: small tensors, and logs whose rows are written once for all that share them."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta

from live.engine.memento import Tensor
from live.engine.notes.knowledge import Known
from models.contract.state import Chunk, Log, Rows, State, chunk_rows
from models.contract.stream import ADVANCE, Array, StreamSpec, TensorSpec

MOST: Final = 1 << 13
"""States, or pieces of logs, that are read at most."""

_Place = Annotated[int, Meta(ge=0, lt=MOST)]


class WrittenLog(msgspec.Struct, frozen=True, array_like=True):
    """A log. chunks: where its pieces are. end, newest: as `models.contract.state.Rows` has them."""

    chunks: Annotated[tuple[_Place, ...], Meta(max_length=MOST)]
    end: Annotated[int, Meta(ge=0, le=1 << 24)]
    newest: Tensor | None


class WrittenKnown(msgspec.Struct, frozen=True, array_like=True):
    """What is known at a moment."""

    context: Tensor
    state: dict[str, Tensor]
    logs: dict[str, WrittenLog] = {}


class Writer:
    """Writes each state down once, and each piece of a log. Threads: one, beside the one that plays.

    size: bytes of all that is written.
    """

    def __init__(self) -> None:
        self.known: list[WrittenKnown] = []
        self.size = 0
        self._chunks: list[Chunk] = []
        self._places: dict[int, tuple[int, object]] = {}
        """Where a thing is, by its identity, which it keeps while it is kept here."""

    @property
    def chunks(self) -> tuple[Tensor, ...]:
        """Return the pieces of logs. Only once all states are written: the engine may add rows to them until then."""
        return tuple(Tensor.of(chunk.rows[: chunk.used]) for chunk in self._chunks)

    def place(self, thing: object, known: Known) -> int:
        """Return where a state is that `thing` stands for; it is written down where it was not."""
        if id(thing) not in self._places:
            context, state = known
            logs = {name: self._log(log) for name, log in state.logs.items()}
            tensors = {name: self._tensor(array) for name, array in state.tensors.items()}
            self._places[id(thing)] = len(self.known), thing
            self.known.append(WrittenKnown(self._tensor(context), tensors, logs))
        return self._places[id(thing)][0]

    def _log(self, log: Log) -> WrittenLog:
        # In one go, for who plays may be writing.
        rows = log.rows
        newest = None if rows.newest is None else self._tensor(rows.newest)
        return WrittenLog(tuple(map(self._chunk, rows.chunks)), rows.end, newest)

    def _chunk(self, chunk: Chunk) -> int:
        if id(chunk) not in self._places:
            self._places[id(chunk)] = len(self._chunks), chunk
            self._chunks.append(chunk)
            self.size += chunk.rows.nbytes
        return self._places[id(chunk)][0]

    def _tensor(self, array: Array) -> Tensor:
        self.size += array.nbytes
        return Tensor.of(array)


class Reader:
    """Makes states of what was written, for one model. Raises ValueError or LookupError for what cannot be."""

    def __init__(self, spec: StreamSpec, chunks: Sequence[Tensor]) -> None:
        self._context = spec.entry(ADVANCE).outputs[0]
        self._specs = spec.state
        self._chunks = chunks
        self._read: dict[tuple[str, int], Chunk] = {}

    def known(self, written: WrittenKnown) -> Known:
        """Return what is known at a moment."""
        context = written.context.array(self._context.dtype, self._context.shape)
        tensors = {
            spec.name: written.state[spec.name].array(spec.dtype, spec.shape)
            for spec in self._specs
            if not spec.log
        }
        logs = {
            spec.name: self._log(spec, written.logs[spec.name]) for spec in self._specs if spec.log
        }
        return context, State(tensors, logs)

    def _log(self, spec: TensorSpec, written: WrittenLog) -> Log:
        newest = None
        if written.newest is not None:
            newest = written.newest.array(spec.dtype, spec.shape)
        chunks = tuple(self._chunk(spec, place) for place in written.chunks)
        return Log.of(spec, Rows(chunks, written.end, newest))

    def _chunk(self, spec: TensorSpec, place: int) -> Chunk:
        key = spec.name, place
        if key not in self._read:
            tensor, size = self._chunks[place], chunk_rows(spec)
            used = tensor.shape[0]
            if used > size:
                raise ValueError(f"a piece of the log {spec.name!r} has {used} rows")
            rows = np.empty((size, *spec.shape[2:]), spec.dtype)
            rows[:used] = tensor.array(spec.dtype, (used, *spec.shape[2:]))
            self._read[key] = Chunk(rows, used)
        return self._read[key]
