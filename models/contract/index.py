"""The index of what a model has learned from: which runs of intervals stand in it, in any key, and nothing else.

A run is so many intervals of a top line: the highest pitch of each onset, whatever the rhythm. The file beside the
artifact holds a filter of hashes for each length: no note, no rhythm, no order, no name of a piece.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from models.contract.border import border
from models.contract.errors import GivenError
from models.contract.filters import Bools, Filter, Keys, Shape, built

LENGTHS: Final = (8, 12, 16, 24)
"""Intervals of the runs that are asked about."""
STORED: Final = (7, *LENGTHS)
"""Intervals of those that are known: where the first seven do not stand there, no eighth is looked for."""
LONGEST: Final = LENGTHS[-1]
SUFFIX: Final = ".index"
"""Of the file beside an artifact of the same name."""
MOST: Final = 64 << 20
"""Bytes of a file at most: some twelve million notes."""
_BITS: Final[Mapping[int, int]] = MappingProxyType({7: 6, 8: 20, 12: 12, 16: 9, 24: 7})
"""Of fingerprints: a run counts only where the shorter ones in it stand there too."""
_MAGIC: Final = b"extempo index\n"
_FORMAT: Final = 1
_SIZE: Final = 4
_HEAD: Final = 1 << 12
"""Bytes of the head, at most."""
_MIDDLE: Final = 128
"""Where the interval 0 is among those of a row."""
_PITCHES: Final = 128
_ROWS: Final[Keys] = np.frombuffer(
    hashlib.shake_256(b"extempo: runs of intervals").digest(LONGEST * 2 * _MIDDLE * 8), "<u8"
).reshape(LONGEST, 2 * _MIDDLE)
"""What an interval gives to a run's hash, by how many come after it."""
_GIVES: Final = tuple(tuple(row) for row in _ROWS.tolist())


class IndexFileError(GivenError):
    """A file that is no index, or is broken."""


class _Part(msgspec.Struct, frozen=True):
    """One length's filter, and how many runs are in it."""

    length: int
    runs: Annotated[int, Meta(ge=0)]
    shape: Shape


class _Head(msgspec.Struct, frozen=True):
    format: int
    parts: tuple[_Part, ...]


class Index:
    """Which runs stand in a corpus. Any thread may ask it.

    digest: the file's SHA-256, in hexadecimal; empty where there is no index: then nothing stands in it.
    lacks: why there is none although the artifact names one, a sentence, or empty. runs: how many of each length.
    """

    def __init__(
        self,
        digest: str = "",
        filters: Mapping[int, Filter] = MappingProxyType({}),
        runs: Mapping[int, int] = MappingProxyType({}),
        lacks: str = "",
    ) -> None:
        self.digest, self.lacks, self.runs = digest, lacks, runs
        self._filters = filters
        # What may join an onset is what might have begun it, and that was asked for the note before.
        self._known = lru_cache(64)(self._completing)

    def completing(self, tops: tuple[int, ...], length: int) -> Bools:
        """Return which pitches (128,), coming next, complete a run of `length` intervals that stands here.

        tops: a top line, its last pitch last. The result is not to be written to.
        """
        if not self._filters or len(tops) < length:
            return _NONE
        return self._known(tops[-length:], length)

    def _completing(self, line: tuple[int, ...], length: int) -> Bools:
        intervals = tuple(after - before for before, after in pairwise(line))
        shorter = STORED[STORED.index(length) - 1]
        begins = range(len(intervals) - shorter + 1)
        if not all(self._has(intervals[at : at + shorter]) for at in begins):
            return _NONE
        least = LENGTHS[0]
        given = _key(intervals[1 - least :], 1)
        row = _ROWS[0, _MIDDLE - line[-1] : _MIDDLE - line[-1] + _PITCHES]
        found = self._filters[least].holds(row ^ np.uint64(given))
        for pitch in np.flatnonzero(found).tolist() if length > least else ():
            run = (*intervals, pitch - line[-1])
            found[pitch] = all(self._has(run[-one:]) for one in LENGTHS[1:] if one <= length)
        found.setflags(write=False)
        return found

    def stand(self, tops: NDArray[np.int64], length: int) -> Bools:
        """Return of each run of `length` intervals of a top line whether it stands here."""
        keys = keys_of(tops, length)
        found = np.ones(len(keys), np.bool_)
        for one in STORED:
            if one > length:
                break
            inside = self._filters[one].holds(keys_of(tops, one))
            for at in range(length - one + 1):
                found &= inside[at : at + len(keys)]
        return found

    def _has(self, run: tuple[int, ...]) -> bool:
        return self._filters[len(run)].has(_key(run, 0))


NONE: Final = Index()
"""Of a model that has none."""
_NONE: Final = np.zeros(_PITCHES, np.bool_)
_NONE.setflags(write=False)


def _key(run: tuple[int, ...], after: int) -> int:
    """Return the hash of a run, or what its first intervals give to it, where so many come after them."""
    key = 0
    for interval in reversed(run):
        key ^= _GIVES[after][interval + _MIDDLE]
        after += 1
    return key


def keys_of(tops: NDArray[np.int64], length: int) -> Keys:
    """Return the hash of each run of `length` intervals of a top line, in their order."""
    intervals = np.diff(tops) + _MIDDLE
    count = max(len(intervals) - length + 1, 0)
    keys = np.zeros(count, np.uint64)
    for at in range(length if count else 0):
        keys ^= _ROWS[length - 1 - at, intervals[at : at + count]]
    return keys


def written(lines: Iterable[NDArray[np.int64]]) -> bytes:
    """Return the file of an index of these top lines, pitches; some seconds for each million notes."""
    known = list(lines)
    parts, tables = [], []
    for length in STORED:
        every = [keys_of(tops, length) for tops in known]
        keys = np.unique(np.concatenate([*every, np.zeros(0, np.uint64)]))
        made = built(keys, _BITS[length])
        parts.append(_Part(length, len(keys), made.shape))
        tables.append(made.table)
    head = msgspec.json.encode(_Head(_FORMAT, tuple(parts)))
    return b"".join((_MAGIC, len(head).to_bytes(_SIZE, "little"), head, *tables))


def read(data: bytes, where: str) -> Index:
    """Return the index that a file holds; `where` names it. Raises IndexFileError, one sentence, for any other."""
    with border(lambda said: IndexFileError(f"{where} is no index that can be read ({said})")):
        head, rest = _head(data)
        if head.format != _FORMAT:
            raise ValueError(f"it has format {head.format}, and {_FORMAT} is known")
        if tuple(part.length for part in head.parts) != STORED:
            raise ValueError("it is of other runs")
        if any(part.shape.bits != _BITS[part.length] for part in head.parts):
            raise ValueError("its hashes have other sizes")
        if sum(part.shape.bytes for part in head.parts) != len(rest):
            raise ValueError("it has another size than it says")
        filters = {}
        for part in head.parts:
            table, rest = rest[: part.shape.bytes], rest[part.shape.bytes :]
            filters[part.length] = Filter(part.shape, table)
        digest = hashlib.sha256(data).hexdigest()
        return Index(digest, filters, {part.length: part.runs for part in head.parts})


def _head(data: bytes) -> tuple[_Head, bytes]:
    begin = len(_MAGIC) + _SIZE
    if not data.startswith(_MAGIC):
        raise ValueError("it begins otherwise")
    size = int.from_bytes(data[len(_MAGIC) : begin], "little")
    if size > _HEAD:
        raise ValueError("its head is too long")
    return msgspec.json.decode(data[begin : begin + size], type=_Head), data[begin + size :]
