"""The last rows of a log in one piece, as a graph is fed them; to go on by a row copies that row alone."""

from typing import Final

import numpy as np

from models.contract.state import Log
from models.contract.stream import Array, TensorSpec

_LINES: Final = 4
"""Lines of which the windows are kept: so many voices go on in turns at no cost."""
_AHEAD: Final = 256
"""Rows that a window goes on by before it is moved."""
_RECENT: Final = 8
"""Moments of a line that can be fed again: steps are thrown away to stay warm, and planned ones are drawn again."""


class Windows:
    """The windows of one log of a model. Threads: one."""

    def __init__(self, spec: TensorSpec) -> None:
        self._spec = spec
        self._lines: list[_Line] = []
        """Those fed last are last."""

    def of(self, log: Log) -> Array:
        """Return a log's window, (1, log, ...): to be read until the next call, and not to be written to."""
        for index in range(len(self._lines) - 1, -1, -1):
            window = self._lines[index].find(log)
            if window is not None:
                self._lines.append(self._lines.pop(index))
                return window
        line = self._lines.pop(0) if len(self._lines) == _LINES else _Line(self._spec)
        self._lines.append(line)
        return line.begin(log)


class _Line:
    """Moments that follow each other, in one buffer."""

    def __init__(self, spec: TensorSpec) -> None:
        self._count = spec.log
        self._buffer = np.zeros((1, spec.log + _AHEAD, *spec.shape[2:]), spec.dtype)
        self._known: list[tuple[Log, int]] = []
        """Where in the buffer windows end, oldest first."""

    def find(self, log: Log) -> Array | None:
        """Return the window of a log that is here, or follows what is."""
        for index in range(len(self._known) - 1, -1, -1):
            known, end = self._known[index]
            if known is log:
                return self._window(end)
            if log.follows(known):
                del self._known[index + 1 :]
                return self._go_on(log, end)
        return None

    def begin(self, log: Log) -> Array:
        """Copy the rows of a log."""
        log.fill(self._buffer[0, : self._count])
        self._known = [(log, self._count)]
        return self._window(self._count)

    def _go_on(self, log: Log, end: int) -> Array:
        assert log.rows.newest is not None
        if end == self._buffer.shape[1]:
            self._buffer[:, : self._count] = self._window(end)
            self._known.clear()
            end = self._count
        self._buffer[:, end] = log.rows.newest[:, 0]
        self._known.append((log, end + 1))
        del self._known[:-_RECENT]
        return self._window(end + 1)

    def _window(self, end: int) -> Array:
        return self._buffer[:, end - self._count : end]
