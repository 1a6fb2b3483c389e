"""Shards: what many files held, in one file that is mapped and never changes.

Each entry is a few arrays. What is not asked for takes no memory, and several processes that read the same share it.
"""

import contextlib
import logging
import mmap
import os
import uuid
import zlib
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.whole import whole
from models.corpus.packed import Arrays

State = tuple[int, ...]
"""Of a file and what lies beside it: its size, and when it and what is said of it were changed, in nanoseconds."""

SUFFIX: Final = ".shard"
_MAGIC: Final = b"extempo2"
_TAIL: Final = 24
"""Bytes at the end: where the index begins, its checksum, and the magic again."""
_ALIGNED: Final = 8

log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """What a file held when it was in a state.

    version: of what read it. why: it was left out; else nothing. check: the checksum of what it held.
    """

    path: bytes
    state: State
    digest: bytes
    version: str
    why: str
    place: int
    size: int
    check: int


class _Array(msgspec.Struct, array_like=True):
    name: str
    kind: str
    shape: tuple[int, ...]


_HEAD: Final = msgspec.msgpack.Decoder(list[_Array])
_INDEX: Final = msgspec.msgpack.Decoder(list[Entry])


class Writer:
    """Gathers entries in memory, and then writes them as one shard. Threads: one."""

    def __init__(self) -> None:
        self._parts: list[bytes] = [_MAGIC]
        self._entries: list[Entry] = []
        self.size = len(_MAGIC)

    def __len__(self) -> int:
        return len(self._entries)

    def add(
        self, path: Path, state: State, digest: bytes, version: str, held: Arrays | str
    ) -> None:
        """Take what a file held, or why it was left out."""
        why, arrays = (held, {}) if isinstance(held, str) else ("", held)
        blob = _blob(arrays)
        self._entries.append(
            Entry(
                os.fsencode(path),
                state,
                digest,
                version,
                why,
                self.size,
                len(blob),
                zlib.crc32(blob),
            )
        )
        self._parts.append(blob)
        self.size += len(blob)

    def copy(self, shard: "Shard", number: int) -> None:
        """Take an entry of another shard as it is."""
        entry = shard.entries[number]
        blob = shard.blob(number)
        self._entries.append(entry._replace(place=self.size))
        self._parts.append(blob)
        self.size += len(blob)

    def write(self, folder: Path) -> "Shard":
        """Write them below a folder; where that takes nothing more, they stay in memory."""
        index = msgspec.msgpack.encode(self._entries)
        tail = self.size.to_bytes(8, "little") + zlib.crc32(index).to_bytes(8, "little") + _MAGIC
        data = b"".join((*self._parts, index, tail))
        place = folder / f"{uuid.uuid4().hex}{SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with whole(place) as fresh:
                fresh.write_bytes(data)
        except OSError as error:
            # It only saves time and memory: a full disk keeps nobody from reading.
            log.warning(
                "%s takes nothing more (%s): what is read stays in memory", folder, error.strerror
            )
            return Shard(None, self._entries, data)
        found = opened(place)
        return Shard(None, self._entries, data) if found is None else found


class Shard:
    """A shard that is read; `place` is None where it is in memory alone."""

    def __init__(
        self, place: Path | None, entries: Sequence[Entry], data: bytes | mmap.mmap
    ) -> None:
        self.place = place
        self.entries = entries
        self._data = data

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        return len(self._data)

    def blob(self, number: int) -> bytes:
        """Return the bytes of an entry."""
        entry = self.entries[number]
        return self._data[entry.place : entry.place + entry.size]

    def is_whole(self, number: int) -> bool:
        """Return whether an entry is as it was written."""
        return zlib.crc32(self.blob(number)) == self.entries[number].check

    def arrays(self, number: int) -> dict[str, NDArray[Any]]:
        """Return the arrays of an entry, as views. Raises ValueError where they are damaged."""
        at = self.entries[number].place
        if not self.is_whole(number):
            raise ValueError(f"entry {number} of {self.place} is damaged")
        length = int.from_bytes(self._data[at : at + _ALIGNED], "little")
        at += _ALIGNED
        head = _HEAD.decode(self._data[at : at + length])
        at += _padded(length)
        found = {}
        for one in head:
            kind = np.dtype(one.kind)
            count = int(np.prod(one.shape, dtype=np.int64))
            flat = np.frombuffer(self._data, kind, count, at)
            found[one.name] = flat.reshape(one.shape)
            at += _padded(count * kind.itemsize)
        return found


def opened(place: Path) -> Shard | None:
    """Map a shard; None where it is gone, or no whole shard, which is made again."""
    try:
        with place.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    tail = data[-_TAIL:]
    begin, check = (int.from_bytes(tail[k : k + 8], "little") for k in (0, 8))
    index = data[begin:-_TAIL] if len(tail) == _TAIL and tail[16:] == _MAGIC else b""
    if data[: len(_MAGIC)] != _MAGIC or not index or zlib.crc32(index) != check:
        log.info("%s was damaged and is made again", place)
        with contextlib.suppress(OSError):
            place.unlink()
        return None
    return Shard(place, _INDEX.decode(index), data)


def found(folder: Path, known: Container[Path]) -> Iterator[Shard]:
    """Yield the shards below a folder but those that are known, oldest first."""
    dated = []
    for place in folder.glob(f"*{SUFFIX}"):
        # Another process may put them together meanwhile.
        with contextlib.suppress(OSError):
            dated.append((place.stat().st_mtime_ns, place))
    for _, place in sorted(dated):
        if place not in known and (shard := opened(place)) is not None:
            yield shard


def _blob(arrays: Arrays) -> bytes:
    head = msgspec.msgpack.encode(
        [_Array(name, one.dtype.str, one.shape) for name, one in arrays.items()]
    )
    parts = [len(head).to_bytes(_ALIGNED, "little"), head.ljust(_padded(len(head)), b"\0")]
    for one in arrays.values():
        raw = np.ascontiguousarray(one).tobytes()
        parts.append(raw.ljust(_padded(len(raw)), b"\0"))
    return b"".join(parts)


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
