"""Where the mementos of one run lie: a file for each voice and artifact; and what a journal needs lies beside it."""

import contextlib
from pathlib import Path

from live.engine import memento
from live.engine.memento import SUFFIX, Stored
from live.ipc.config import MemoryOptions
from models.contract.errors import ExtempoError


class Shelf:
    """One folder of the disk. Threads: one at a time, which may wait."""

    def __init__(self, options: MemoryOptions) -> None:
        self._options = options

    def find(self, voice: int, digest: str) -> Stored | None:
        """Return what is kept of a voice with an artifact, of this run or an earlier one.

        Raises ExtempoError, one sentence, for a file that cannot be read.
        """
        path = self._path(voice, digest)
        if not path.exists():
            return None
        stored = memento.read(path)
        # A name has only a part of it.
        return stored if (stored.voice, stored.digest) == (voice, digest) else None

    def last_of_another(self, voice: int, digest: str) -> Stored | None:
        """Return what is kept of a voice, if it last played another artifact."""
        ours = self._path(voice, digest)
        with contextlib.suppress(OSError, ExtempoError):
            times = {path: path.stat().st_mtime for path in self._paths(voice)}
            newest = max(times, key=lambda path: times[path], default=ours)
            return None if newest == ours else memento.read(newest)
        return None

    def last_of_run(self, voice: int) -> Stored | None:
        """Return what this run has last kept of a voice, whatever it played. Raises ExtempoError."""
        times = {path: path.stat().st_mtime_ns for path in self._paths(voice)}
        newest = max(times, key=lambda path: times[path], default=None)
        stored = None if newest is None else memento.read(newest)
        return stored if stored is not None and stored.run == self._options.run else None

    def write(self, stored: Stored) -> None:
        """Keep a memento in the place of the last of its voice and artifact. Raises OSError."""
        memento.write(self._path(stored.voice, stored.digest), stored)

    def put_beside(self, stored: Stored) -> None:
        """Put a memento where the journals are, so that one that goes on from it can be replayed. Raises OSError."""
        path = memento.beside(self._options.takes, stored.content_digest)
        if not path.exists():
            memento.write(path, stored)

    def put_aside(self, voice: int, digest: str) -> str:
        """Keep what cannot be read from being written over; return where it lies, or nothing where it stays."""
        path = self._path(voice, digest)
        aside = path.with_name(f"{path.name}.{self._options.run}")
        try:
            path.replace(aside)
        except OSError:
            return ""
        return str(aside)

    def remove(self, voice: int, digest: str) -> None:
        """Keep nothing any more of a voice with an artifact. Raises OSError."""
        self._path(voice, digest).unlink(missing_ok=True)

    def _paths(self, voice: int) -> list[Path]:
        return list(self._options.folder.glob(f"{voice}-*{SUFFIX}"))

    def _path(self, voice: int, digest: str) -> Path:
        return self._options.folder / f"{voice}-{digest[:32]}{SUFFIX}"
