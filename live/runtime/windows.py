"""The last rows of logs in one piece, as a graph is fed them; to go on by a row copies that row alone."""

from typing import Final

import numpy as np

from live.machine.memory import address
from models.contract.state import Log
from models.contract.stream import Array, TensorSpec

_LINES: Final = 4
"""Lines of which the windows are kept: so many voices go on in turns at no cost."""
_AHEAD: Final = 256
"""Rows that a window goes on by before it is moved."""
_RECENT: Final = 8
"""Moments of a line that can be fed again: steps are thrown away to stay warm, and planned ones are drawn again."""


class Windows:
    """The windows of logs of a model, to which every step adds a row each. Threads: one."""

    def __init__(self, *specs: TensorSpec) -> None:
        self._specs = specs
        self._lines: list[_Line] = []
        """Those fed last are last."""

    def of(self, *logs: Log) -> Array:
        """Return the first log's window, (1, log, ...): to be read until the next call, and not to be written to."""
        line, end = self._find(logs)
        return line.window(end)

    def at(self, *logs: Log) -> list[int]:
        """Return where in memory the windows of the logs of one moment lie, until the next call."""
        line, end = self._find(logs)
        return line.addresses(end)

    def _find(self, logs: tuple[Log, ...]) -> "tuple[_Line, int]":
        for index in range(len(self._lines) - 1, -1, -1):
            end = self._lines[index].find(logs)
            if end is not None:
                self._lines.append(self._lines.pop(index))
                return self._lines[-1], end
        line = self._lines.pop(0) if len(self._lines) == _LINES else _Line(self._specs)
        self._lines.append(line)
        return line, line.begin(logs)


class _Line:
    """Moments that follow each other, in one buffer for each log. A moment is known by its first log."""

    def __init__(self, specs: tuple[TensorSpec, ...]) -> None:
        self._count = specs[0].log
        self._length = self._count + _AHEAD
        self._buffers = [np.zeros((1, self._length, *spec.shape[2:]), spec.dtype) for spec in specs]
        rows = [buffer.strides[1] for buffer in self._buffers]
        firsts = [address(buffer) for buffer in self._buffers]
        self._at = [(at - self._count * row, row) for at, row in zip(firsts, rows, strict=True)]
        self._known: list[tuple[Log, int]] = []
        """Where in the buffers windows end, oldest first."""

    def find(self, logs: tuple[Log, ...]) -> int | None:
        """Return where the windows of a moment end that is here, or follows what is."""
        log = logs[0]
        for index in range(len(self._known) - 1, -1, -1):
            known, end = self._known[index]
            if known is log:
                return end
            if log.follows(known):
                del self._known[index + 1 :]
                return self._go_on(logs, end)
        return None

    def begin(self, logs: tuple[Log, ...]) -> int:
        """Copy the rows of logs; return where their windows end."""
        for log, buffer in zip(logs, self._buffers, strict=True):
            log.fill(buffer[0, : self._count])
        self._known = [(logs[0], self._count)]
        return self._count

    def _go_on(self, logs: tuple[Log, ...], end: int) -> int:
        if end == self._length:
            for buffer in self._buffers:
                buffer[:, : self._count] = buffer[:, end - self._count : end]
            self._known.clear()
            end = self._count
        for log, buffer in zip(logs, self._buffers, strict=True):
            assert log.rows.newest is not None
            buffer[:, end] = log.rows.newest[:, 0]
        self._known.append((logs[0], end + 1))
        del self._known[:-_RECENT]
        return end + 1

    def window(self, end: int) -> Array:
        """Return the first log's window that ends there."""
        return self._buffers[0][:, end - self._count : end]

    def addresses(self, end: int) -> list[int]:
        """Return where in memory the windows lie that end there."""
        return [at + end * row for at, row in self._at]
