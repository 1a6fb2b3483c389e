"""What a run keeps of what its voices know: where, and for an engine that takes a dead one's place."""

import os
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from live.ipc.config import ControlOptions, MemoryOptions, Tail
from live.ipc.news import Clock, Hole, Kept
from live.ports import names

MOST: Final = 4096
"""Lines of the journal that another engine does again, some bars of dense playing; it takes seconds at most."""
_HOLE: Final = '{"missing"'


class Last:
    """What the engine has done since what its voices knew was last kept. Threads: one."""

    def __init__(self, options: MemoryOptions | None) -> None:
        self._options = options
        self._forget()

    def _forget(self) -> None:
        self._clock: Clock | None = None
        self._first = 0
        self._lines: deque[str] = deque()

    @property
    def kept(self) -> bool:
        """Whether there is something that another engine can go on from."""
        return self._clock is not None

    def entry(self, line: str) -> None:
        """Take a line of the journal."""
        if self._options is None:
            return
        if line.startswith(_HOLE):
            # What is there after it cannot be done again.
            missing = msgspec.json.decode(line, type=Hole).missing
            self._first += len(self._lines) + missing
            self._lines.clear()
            return
        self._lines.append(line)
        if len(self._lines) > MOST:
            self._lines.popleft()
            self._first += 1

    def keep(self, kept: Kept) -> None:
        """What happened until then is on the disk."""
        self._clock = kept.clock
        while self._lines and self._first < kept.lines:
            self._lines.popleft()
            self._first += 1

    def begin_again(self) -> MemoryOptions | None:
        """Return what the next engine goes on from; its lines are counted from the beginning."""
        options = self._options
        if options is not None and self._clock is not None:
            options = replace(options, tail=Tail(self._clock, self._first, tuple(self._lines)))
        self._forget()
        return options


@contextmanager
def held(options: ControlOptions, client: str) -> Iterator[MemoryOptions | None]:
    """Give where this run keeps what its voices know; None where it does not. client: its name.

    Of runs that play at once each has a folder of its own, and the next one of its name has it again.
    """
    if options.memory is None:
        yield None
        return
    folder, takes = (Path(os.path.abspath(path)) for path in (options.memory, options.takes))
    with names.held(client, folder / "runs") as name:
        run = f"{datetime.now():%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        yield MemoryOptions(folder / name, takes, run)
