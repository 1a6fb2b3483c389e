"""Sets of 64-bit keys that say of a key whether it is in them, and hold none: binary fuse filters (Graf, Lemire 2022).

A key has three slots, whose contents, joined by exclusive or, are its fingerprint. A key that is not in the set has
another one but for one in 2^bits. Keys are hashes: all their bits look as if drawn.
"""

import math
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Slots = NDArray[np.int64]

MOST_BITS: Final = 24
"""Bits of a fingerprint at most: with those of the byte where it begins it lies in four bytes."""
_WIDEST: Final = 13
"""The logarithm of a segment's slots at most: three places inside and the segment itself take 63 bits of a hash."""
_SEGMENT: Final = 40
"""From which bit on a hash says its segment, in so many bits: the others."""
_TRIES: Final = 64
_WHOLE: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15
_OWN: Final = 0xD6E8FEB86659FD93
_ROWS: Final = np.array([[0], [1], [2]], np.uint64)
_INSIDE: Final = _ROWS * np.uint64(_WIDEST)
_BYTE: Final = np.uint64(3)
_REST: Final = np.uint64(7)


class Shape(msgspec.Struct, frozen=True):
    """How a filter lies: bits of a fingerprint, its seed, the logarithm of a segment's slots, first segments."""

    bits: Annotated[int, Meta(ge=1, le=MOST_BITS)]
    seed: Annotated[int, Meta(ge=0, lt=_TRIES)]
    width: Annotated[int, Meta(ge=2, le=_WIDEST)]
    segments: Annotated[int, Meta(ge=1, le=1 << 16)]

    @property
    def slots(self) -> int:
        """Return how many slots there are: a key's three lie in neighbouring segments."""
        return (self.segments + 2) << self.width

    @property
    def bytes(self) -> int:
        """Return the size of the table: the last slot can be read in four bytes."""
        return (self.slots * self.bits + 7) // 8 + 4


class Filter:
    """A set of keys. table: the slots, shape.bytes of them. Any thread may ask it."""

    def __init__(self, shape: Shape, table: bytes) -> None:
        self.shape, self.table = shape, table
        # Four bytes from each byte on: where a slot begins, they hold it.
        self._parts = np.ndarray((len(table) - 3,), "<u4", table, strides=(1,))
        self._times = _multiplier(shape.seed)
        # Numbers of numpy's own: to make them anew takes as long as to compute with them.
        bits, width = shape.bits, shape.width
        self._hash, self._own = np.uint64(self._times), np.uint64(_OWN)
        self._segment, self._segments = np.uint64(_SEGMENT), np.uint64(shape.segments)
        self._whole, self._width = np.uint64(64 - _SEGMENT), np.uint64(width)
        self._inside, self._bits = np.uint64((1 << width) - 1), np.uint64(bits)
        self._top, self._mask = np.uint64(64 - bits), np.uint32((1 << bits) - 1)

    def holds(self, keys: Keys) -> Bools:
        """Return which keys are in the set; one that is not is taken for one with a chance of 2^-bits."""
        hashes = keys * self._hash
        segment = (hashes >> self._segment) * self._segments >> self._whole << self._width
        at = hashes >> _INSIDE & self._inside
        at += segment
        at += _ROWS << self._width
        at *= self._bits
        parts = self._parts[(at >> _BYTE).view(np.int64)] >> (at & _REST).astype(np.uint32)
        found = (parts[0] ^ parts[1] ^ parts[2]) & self._mask
        return np.asarray(found == hashes * self._own >> self._top)

    def has(self, key: int) -> bool:
        """Return whether one key is in the set; see `holds`."""
        shape = self.shape
        bits, width = shape.bits, shape.width
        hashed = key * self._times & _WHOLE
        slot = (hashed >> _SEGMENT) * shape.segments >> 64 - _SEGMENT << width
        inside, found = (1 << width) - 1, 0
        for row in range(3):
            at = (slot + (row << width) + (hashed >> row * _WIDEST & inside)) * bits
            found ^= int.from_bytes(self.table[at >> 3 : (at >> 3) + 4], "little") >> (at & 7)
        return found & (1 << bits) - 1 == (hashed * _OWN & _WHOLE) >> 64 - bits


def built(keys: Keys, bits: int) -> Filter:
    """Return the filter of a set of keys; the same keys in any order give the same one. Some seconds for a million."""
    keys = np.unique(keys)
    for seed in range(_TRIES):
        shape = _shape(len(keys), bits, seed)
        hashes = keys * np.uint64(_multiplier(seed))
        places = _places(hashes, shape)
        layers = _peeled(places, shape.slots)
        if layers is not None:
            return Filter(shape, _table(layers, places, _fingerprints(hashes, bits), shape))
    raise AssertionError("keys that are all different find their places")


def _shape(count: int, bits: int, seed: int) -> Shape:
    """Return the sizes that the authors of these filters found to do for so many keys."""
    many = math.log(max(count, 2))
    width = min(max(int(many / math.log(3.33) + 2.25), 2), _WIDEST)
    slots = count * max(1.125, 0.875 + 0.25 * math.log(1e6) / many)
    return Shape(bits, seed, width, max(math.ceil(slots / (1 << width)) - 2, 1))


def _multiplier(seed: int) -> int:
    return (seed + 1) * _STEP & _WHOLE | 1


def _places(hashes: Keys, shape: Shape) -> Slots:
    """Return the slots of each key, (3, n)."""
    width = np.uint64(shape.width)
    segment = (hashes >> np.uint64(_SEGMENT)) * np.uint64(shape.segments) >> np.uint64(
        64 - _SEGMENT
    )
    inside = hashes >> _INSIDE & np.uint64((1 << shape.width) - 1)
    return ((segment + _ROWS << width) + inside).view(np.int64)


def _fingerprints(hashes: Keys, bits: int) -> NDArray[np.uint32]:
    return (hashes * np.uint64(_OWN) >> np.uint64(64 - bits)).astype(np.uint32)


def _peeled(places: Slots, slots: int) -> list[tuple[Slots, Slots]] | None:
    """Return keys and a slot of each that no later key has, in layers; None where there is no such order."""
    count = np.bincount(places.ravel(), minlength=slots)
    numbers = np.arange(places.shape[1])
    joined = np.zeros(slots, np.int64)
    for row in places:
        np.bitwise_xor.at(joined, row, numbers)
    layers: list[tuple[Slots, Slots]] = []
    left = places.shape[1]
    alone = np.flatnonzero(count == 1)
    while len(alone):
        keys, at = np.unique(joined[alone], return_index=True)
        layers.append((keys, alone[at]))
        left -= len(keys)
        touched = places[:, keys]
        np.subtract.at(count, touched, 1)
        for row in touched:
            np.bitwise_xor.at(joined, row, keys)
        rest = np.unique(touched)
        alone = rest[count[rest] == 1]
    return None if left else layers


def _table(
    layers: list[tuple[Slots, Slots]], places: Slots, wanted: NDArray[np.uint32], shape: Shape
) -> bytes:
    """Return the slots, filled from the last key that was peeled to the first, as the bits of a table."""
    slots = np.zeros(shape.slots, np.uint32)
    for keys, own in reversed(layers):
        slots[own] = wanted[keys] ^ np.bitwise_xor.reduce(slots[places[:, keys]], axis=0)
    ones = (slots[:, None] >> np.arange(shape.bits, dtype=np.uint32)) & 1
    packed = np.packbits(ones.astype(np.uint8).ravel(), bitorder="little").tobytes()
    return packed.ljust(shape.bytes, b"\0")
