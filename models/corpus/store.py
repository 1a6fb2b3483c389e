"""What was read of a folder of music, kept in shards: read once, by as many processes as there are cores.

A file is known again by its path, size and times, or else by its content. Each shard is whole or not there, so a
reading that is killed goes on where it was, and several may read one folder at once.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple

from models.contract import files
from models.contract.border import border
from models.contract.errors import LONGEST, ExtempoError, line
from models.corpus import shards
from models.corpus.ahead import ahead, cores
from models.corpus.known import Known, known, packed, unpacked
from models.corpus.packed import Arrays
from models.corpus.readers.reader import Held, LackingError, Reader
from models.corpus.readers.table import reader_of
from models.corpus.shards import Entry, Shard, State, Writer

VERSION: Final = 1
"""Raised when more is kept, or pieces are known otherwise."""
FILES: Final = 512
"""Files of a shard."""
BYTES: Final = 32 << 20
"""Bytes of a shard, about. As much is read again after a kill."""
MANY: Final = 64
"""With fewer files to read than this, one process reads them all."""
PATIENCE: Final = 1.0
"""Seconds of reading after which others help."""
SMALL: Final = 16
"""Shards of few files: from so many on they are put together."""
AGAIN: Final = (-1,)
"""The state of a file that is read again the next time: it was written to meanwhile, or its reader lacks something."""


class Row(NamedTuple):
    """Where the entry of a file is."""

    shard: Shard
    number: int

    @property
    def entry(self) -> Entry:
        """Return what is said of the file."""
        return self.shard.entries[self.number]

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return Path(os.fsdecode(self.entry.path))

    def held(self) -> Held:
        """Return what the file holds. Raises ExtempoError where its entry is damaged."""
        with border(self._damaged):
            return _held(self.path, self.shard.arrays(self.number))

    def opened(self) -> tuple[Held, list[Known]]:
        """Return what the file holds, and what its pieces are known by; see `held`."""
        with border(self._damaged):
            arrays = self.shard.arrays(self.number)
            return _held(self.path, arrays), unpacked(arrays)

    def _damaged(self, _said: str) -> ExtempoError:
        return ExtempoError(
            f"what was kept of {self.path} in {self.shard.place} is damaged: remove that file, and it is read again."
        )


class Store:
    """The shards of one folder. One thread uses it, and any number of processes have their own."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._rows: dict[bytes, Row] = {}
        self._contents: dict[tuple[bytes, str], Row] = {}
        self._shards: dict[Path, Shard] = {}
        self._writer = Writer()
        self.look()

    def look(self) -> None:
        """Take in the shards that others wrote meanwhile."""
        for shard in shards.found(self._place, self._shards):
            self._take(shard)

    def read(self, paths: Sequence[Path]) -> list[Row]:
        """Return the entry of each file, those that are new or have changed read now."""
        self._read([path for path in paths if self._row(path) is None])
        self._tidy()
        return [self._rows[os.fsencode(path)] for path in paths]

    def add(self, path: Path) -> None:
        """Read one file."""
        reader, state = reader_of(path), _state(path)
        version = f"{VERSION}.{reader.kind}.{reader.version}"
        digest, lasts = bytes(32), True
        held: Arrays | str
        try:
            digest = _digest(reader, path)
            held = self._same(digest, version) or _arrays(reader, path)
        except ExtempoError as error:
            held, lasts = str(error), not isinstance(error, LackingError)
        now = state if lasts and _state(path) == state else AGAIN
        self._writer.add(path, now, digest, version, held)
        self._flush_full()

    def flush(self) -> bool:
        """Write what was read; return whether it is on the disk."""
        writer, self._writer = self._writer, Writer()
        if not len(writer):
            return True
        shard = writer.write(self._place)
        self._take(shard)
        return shard.place is not None

    def _flush_full(self) -> bool:
        """Write what was read where it fills a shard; return False where the disk takes nothing."""
        full = len(self._writer) >= FILES or self._writer.size > BYTES
        return not full or self.flush()

    def _same(self, digest: bytes, version: str) -> Arrays | None:
        """Return what a file of this content held; None where none is known, or its entry is damaged."""
        row = self._contents.get((digest, version))
        if row is not None:
            with suppress(ValueError, KeyError, TypeError):
                return row.shard.arrays(row.number)
        return None

    def _row(self, path: Path) -> Row | None:
        """Return what is known of a file as it is now; nothing where that is damaged."""
        row = self._rows.get(os.fsencode(path))
        if row is None or row.entry.state != _state(path):
            return None
        return row if row.shard.is_whole(row.number) else None

    def _read(self, paths: Sequence[Path]) -> None:
        """Read files; where it takes long, helpers do their share."""
        began = time.monotonic()
        for number, path in enumerate(paths):
            rest = paths[number:]
            if number and len(rest) >= MANY and time.monotonic() - began > PATIENCE:
                self.flush()
                self._together(rest)
                return
            self.add(path)
        self.flush()

    def _together(self, paths: Sequence[Path]) -> None:
        count = max(min(cores(), len(paths) // (MANY // 2)), 1)
        with ExitStack() as helped:
            helpers = [
                helped.enter_context(ahead(self._place, paths[k::count])) for k in range(1, count)
            ]
            for path in paths[::count]:
                self.add(path)
            self.flush()
            for helper in helpers:
                helper.wait()
        self.look()
        # What a helper did not come to, it may have been killed over: one at a time, it is done or told here.
        for path in paths:
            if os.fsencode(path) not in self._rows:
                self.add(path)
        self.flush()

    def _take(self, shard: Shard) -> None:
        if shard.place is not None:
            self._shards[shard.place] = shard
        for number, entry in enumerate(shard.entries):
            reader = reader_of(Path(os.fsdecode(entry.path)))
            if entry.version == f"{VERSION}.{reader.kind}.{reader.version}":
                row = Row(shard, number)
                self._rows[entry.path] = row
                if not entry.why:
                    self._contents[entry.digest, entry.version] = row

    def _tidy(self) -> None:
        """Put shards of few files together, without what no longer counts."""
        small = {
            place: one
            for place, one in self._shards.items()
            if len(one.entries) < FILES // 2 and one.size < BYTES // 2
        }
        if len(small) >= SMALL and self._copied(small.values()):
            for place in small:
                del self._shards[place]
                with suppress(OSError):
                    place.unlink()

    def _copied(self, found: Iterable[Shard]) -> bool:
        """Write what still counts of shards into others; return False, at once, where the disk does not take it."""
        for shard in found:
            for number, entry in enumerate(shard.entries):
                if self._rows.get(entry.path) == (shard, number):
                    self._writer.copy(shard, number)
                    if not self._flush_full():
                        return False
        return self.flush()


def _held(path: Path, arrays: Arrays) -> Held:
    return reader_of(path).held(line(path.name, LONGEST), arrays)


def _arrays(reader: Reader, path: Path) -> Arrays:
    """Return what a file holds, and what its pieces are known by. Raises ExtempoError."""
    held = reader.read(path)
    return {**reader.arrays(held), **packed([known(piece) for piece in held.pieces])}


def _digest(reader: Reader, path: Path) -> bytes:
    """Return what is in a file and in what lies beside it. Raises FileError."""
    digest = hashlib.sha256(files.read(path, reader.most))
    for other in map(path.with_suffix, reader.beside):
        if other.exists():
            digest.update(files.read(other, reader.most))
    return digest.digest()


def _state(path: Path) -> State:
    """Return the sizes and times of a file and of what lies beside it; nothing of one that is out of reach."""
    found: list[int] = []
    for one in (path, *map(path.with_suffix, reader_of(path).beside)):
        with suppress(OSError, ValueError):
            about = one.stat()
            found += (about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return tuple(found)
