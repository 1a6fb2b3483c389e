"""Shared memory of one run: its names, who owns them, and what is left of runs that were killed.

A run holds a lock for as long as it lives. What has a run's name in it and no run that holds its lock
is nobody's, whatever process has that number now.
"""

import contextlib
import os
import secrets
import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Final

from live.machine.lock import created, locked

SHARED: Final = Path("/dev/shm")
"""Where Linux shows shared memory."""
_RINGS: Final = "extempo-rings-"
_LOOSE: Final = "extempo-loose-"
"""Of a run that could take no lock: nobody can tell whether it lives, so nobody frees its memory."""
_RUN: Final = "extempo-run-"


class Names:
    """Gives the memory of one run names that no other run has, living or dead. Threads: one."""

    def __init__(self, folder: Path = SHARED) -> None:
        self._run = f"{os.getpid()}-{secrets.token_hex(3)}"
        self._count = 0
        self._prefix = _RINGS
        self._lease: Path | None = None
        self._descriptor = -1
        if folder.is_dir() and sys.platform == "linux":
            self._take_lease(folder)
            sweep(folder)

    def next(self) -> str:
        """Return a name that nothing has; short, for macOS takes 30 letters."""
        self._count += 1
        return f"{self._prefix}{self._run}-{self._count - 1}"

    def close(self) -> None:
        """Give the lock back: this run's memory has been freed."""
        if self._lease is not None:
            self._lease.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._lease = None

    def _take_lease(self, folder: Path) -> None:
        path = folder / f"{_RUN}{self._run}"
        try:
            self._descriptor, self._lease = created(path), path
        except OSError:
            self._prefix = _LOOSE


def sweep(folder: Path) -> None:
    """Free the memory of runs that are over: after a kill of everything nobody else does on Linux."""
    # Whoever begins meanwhile has its lock before its memory.
    rings = list(folder.glob(f"{_RINGS}*"))
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
    for path in rings:
        if path.name.removeprefix(_RINGS).rpartition("-")[0] not in alive:
            with contextlib.suppress(OSError):
                path.unlink()


def free(memory: SharedMemory) -> None:
    """Free memory for all; for the process that made it."""
    if sys.platform != "win32":
        # Another tracker, in the place of one that was killed, has not heard of it.
        resource_tracker.register(f"/{memory.name}", "shared_memory")
    memory.unlink()


def attached(name: str) -> SharedMemory:
    """Return memory that another process has made."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name=name, track=False)
    # Spawned processes share their parent's tracker, which counts each name once.
    return SharedMemory(name=name)
