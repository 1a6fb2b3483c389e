"""The journal on disk: what the engine did, one JSON line each, from which a run is played again.

The first line is the `Header`, the others are the engine's own. A line that is written survives
any kill; what a full disk refuses waits in memory and is tried again, while the music goes on.
"""

import contextlib
import errno
import itertools
import os
import platform
import time
from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from live.ipc.news import Hole

FORMAT: Final = 2
"""1 had other words for what is done; see `live.record.records.EARLIER`."""
KEPT_SECONDS: Final = 600.0
"""How much is kept in memory while the disk takes nothing: the last ten minutes."""
RETRY_SECONDS: Final = 2.0
SYNC_SECONDS: Final = 2.0
"""How much a power cut may take."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What wrote the journal; what was played is in the lines after it."""

    format: int = FORMAT
    extempo: str
    versions: dict[str, str]
    """Of Python and the libraries that the notes depend on."""
    begun: str
    """Local time with its offset, ISO 8601."""


_CHUNK: Final = 1 << 20
_LIBRARIES: Final = ("numpy", "onnxruntime")


def header(begun: datetime) -> Header:
    """Return the header of a journal that begins now, on this machine."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return Header(
        extempo=metadata.version("extempo"),
        versions=versions,
        begun=begun.astimezone().isoformat(timespec="seconds"),
    )


def take_path(folder: Path, begun: datetime, taken: Collection[Path] = ()) -> Path:
    """Return a path in `folder` named after the time, with a number added where it is taken.

    An empty file is left there, so that nobody else who begins in this second takes it too.
    """
    return _free(folder / begun.strftime("%Y-%m-%d-%H%M%S.jsonl"), taken)


def _free(path: Path, taken: Collection[Path] = ()) -> Path:
    """Return a path that is ours from now on: this one, with a number added where it is taken."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(
        one for one in itertools.chain((path,), numbered) if one not in taken and _reserve(one)
    )


def _reserve(path: Path) -> bool:
    """Return whether a path is ours from now on; also where no disk takes it, which writing says."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except OSError:
        return not os.path.lexists(path)
    return True


class JournalWriter:
    """Appends lines to one file. Threads: one, which may wait for the disk.

    path: where the file is; it is another from when somebody put another file there.
    trouble: told one sentence when the disk stops taking lines, and one when it takes them again.
    Nothing here raises for the disk's sake.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        trouble: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._trouble = trouble
        self._clock = clock
        self._file: int | None = None
        self._kept = True
        """Whether everything that was handed to the system has reached the disk."""
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._begun = 0  # bytes of the first waiting line that are on disk already
        self._next_try = 0.0
        self._next_sync = 0.0
        self._failing = False
        self._lost = 0
        self._hole = b""
        """The line that stands for the oldest lost ones, once there are any, and how many those are."""
        self._gap = 0
        self._header = msgspec.json.encode(header) + b"\n"
        self._waiting.append((clock(), self._header))
        self.flush()

    def add(self, line: str) -> None:
        """Keep a line; `flush` writes it."""
        self._waiting.append((self._clock(), line.encode() + b"\n"))

    def flush(self) -> None:
        """Write what waits, if the disk takes it; if it did not lately, only now and then."""
        now = self._clock()
        if self._failing and now < self._next_try:
            self._forget(now - KEPT_SECONDS)
            return
        try:
            self._stay(now)
            self._write()
            self._sync(now)
        except OSError as error:
            self._next_try = now + RETRY_SECONDS
            self._forget(now - KEPT_SECONDS)
            if not self._failing:
                self._failing = True
                self._trouble(
                    f"The take cannot be written to {self.path} ({error.strerror}): the music goes"
                    " on and the last ten minutes wait in memory;"
                    f" {self._cure(error)}, and they are written."
                )
            return
        if self._failing:
            self._failing = False
            self._trouble(
                f"The take is being written to {self.path} again; {self._what_is_missing()}."
            )

    def close(self) -> bool:
        """Write what waits and close the file. False if something could not be written."""
        self._next_try = self._next_sync = 0.0
        self.flush()
        if self._file is not None:
            file, self._file = self._file, None
            for end in (os.fsync, os.close):
                try:
                    end(file)
                except OSError:
                    # A disk may say only now that it has no room.
                    self._kept = False
        return self._kept and not (self._failing or self._waiting or self._lost)

    def _write(self) -> None:
        if self._waiting and self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # O_APPEND: a line that is half written is finished where it was begun.
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o644)
        while self._waiting:
            assert self._file is not None
            data = b"".join(line for _, line in self._waiting)[self._begun :]
            self._wrote(os.write(self._file, data))

    def _stay(self, now: float) -> None:
        """See to it that the file is where it was: somebody may have removed or moved it, or its folder.

        What it holds is still ours to read, and is written there anew; beside it where there is another
        file now, such as an editor leaves.
        """
        if self._file is None or (now < self._next_sync and not self._failing):
            return
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self.path), os.fstat(self._file)):
                return
        was, path = self.path, _free(self.path)
        anew = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o644)
        try:
            os.lseek(self._file, 0, os.SEEK_SET)
            while data := os.read(self._file, _CHUNK):
                while data:
                    data = data[os.write(anew, data) :]
        except OSError:
            os.close(anew)
            path.unlink(missing_ok=True)
            raise
        os.close(self._file)
        self._file, self.path = anew, path
        if path == was:
            self._trouble(f"{path} was taken away, and is written there again from its beginning.")
        else:
            self._trouble(
                f"{was} is another file now: the take goes on in {path}, written from its beginning."
            )

    def _sync(self, now: float) -> None:
        if self._file is not None and now >= self._next_sync:
            self._next_sync = now + SYNC_SECONDS
            os.fsync(self._file)

    def _wrote(self, count: int) -> None:
        count += self._begun
        while self._waiting and count >= len(self._waiting[0][1]):
            count -= len(self._waiting.popleft()[1])
        self._begun = count

    def _forget(self, before: float) -> None:
        """Drop the oldest lines that wait, but not the header, nor one that is half written.

        What is dropped is written down in its place.
        """
        first = self._waiting[0] if self._waiting else None
        keep = first is not None and (self._begun or first[1] is self._header)
        if keep:
            self._waiting.popleft()
        if self._waiting and self._waiting[0][1] is self._hole:
            self._waiting.popleft()
        else:
            self._gap = 0
        while self._waiting and self._waiting[0][0] < before:
            self._waiting.popleft()
            self._lost += 1
            self._gap += 1
        if self._gap:
            self._hole = str(Hole(self._gap)).encode() + b"\n"
            self._waiting.appendleft((before, self._hole))
        if keep and first is not None:
            self._waiting.appendleft(first)

    def _cure(self, error: OSError) -> str:
        if isinstance(error, FileExistsError | NotADirectoryError):
            return f"let {self.path.parent} be a folder"
        full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        return "make room" if error.errno in full else "mend that"

    def _what_is_missing(self) -> str:
        return f"{self._lost} lines before are lost" if self._lost else "nothing is missing"


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)
