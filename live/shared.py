"""Shared memory of one run: its names, who owns them, and what is left of runs that were killed.

A run holds a lock for as long as it lives. What has a run's name in it and no run that holds its lock
is nobody's, whatever process has that number now.
"""

import contextlib
import os
import secrets
import sys
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Final

from live.lock import locked

SHARED: Final = Path("/dev/shm")
"""Where Linux shows shared memory."""
_RINGS: Final = "extempo-rings-"
_RUN: Final = "extempo-run-"
_DRAFT: Final = "."


class Names:
    """Gives the memory of one run names that no other run has, living or dead. Threads: one."""

    def __init__(self, folder: Path = SHARED) -> None:
        self._run = f"{os.getpid()}-{secrets.token_hex(3)}"
        self._count = 0
        self._lease: Path | None = None
        self._descriptor = -1
        if folder.is_dir() and sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._take_lease(folder)
            sweep(folder)

    def next(self) -> str:
        """Return a name that nothing has; short, for macOS takes 30 letters."""
        self._count += 1
        return f"{_RINGS}{self._run}-{self._count - 1}"

    def close(self) -> None:
        """Give the lock back: this run's memory has been freed."""
        if self._lease is not None:
            self._lease.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._lease = None

    def _take_lease(self, folder: Path) -> None:
        # Nobody finds it before it is locked.
        path = folder / f"{_RUN}{self._run}"
        draft = path.with_name(f"{_DRAFT}{path.name}")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        locked(descriptor)
        os.rename(draft, path)
        self._descriptor, self._lease = descriptor, path


def sweep(folder: Path) -> None:
    """Free the memory of runs that are over: after a kill of everything nobody else does on Linux."""
    alive = set()
    for path in folder.glob(f"{_RUN}*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                if locked(descriptor):
                    path.unlink()
                    continue
            finally:
                os.close(descriptor)
        alive.add(path.name.removeprefix(_RUN))
    for path in folder.glob(f"{_RINGS}*"):
        if path.name.removeprefix(_RINGS).rpartition("-")[0] not in alive:
            with contextlib.suppress(OSError):
                path.unlink()


def attached(name: str) -> SharedMemory:
    """Return memory that another process has made."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name=name, track=False)
    # Spawned processes share their parent's tracker, which counts each name once.
    return SharedMemory(name=name)
