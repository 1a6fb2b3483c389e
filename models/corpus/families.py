"""Families: pieces that are versions of one another, whatever their key, tempo, rhythm and accompaniment.

A piece is known by a *sketch*: hashes of the runs of intervals in its top line, the smallest of them. Two pieces are
of a family if enough of their runs are the same; so is whoever is of a family with one of them. What lies inside
something much longer, such as a tune in a medley, is not found.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.pieces import Longs

Sketch = NDArray[np.uint64]

RUN: Final = 12
"""Intervals of a run."""
VARIED: Final = 3
"""Different intervals that a run has at least: scales and repeated notes are everybody's."""
KEPT: Final = 64
"""Runs of a sketch."""
ALIKE: Final = 6
"""Runs that versions share at least."""
SHARE: Final = 0.25
"""Of the shorter one's runs, how many versions share at least."""
NEAR: Final = 4
"""Of those who have a run, each is held against so many after it."""
BAND: Final = 1 << 23
"""Runs that are compared at a time."""

_WIDEST: Final = 30
_POWERS: Final = np.cumprod(np.full(RUN, 0x9E3779B97F4A7C15, np.uint64))
_MIXED: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
"""How a sum becomes a hash all of whose bits look as if drawn (splitmix64)."""


def sketch(line: Longs) -> Sketch:
    """Return what a top line is known by, ascending; nothing for one that has too few notes."""
    steps = np.clip(np.diff(line), -_WIDEST, _WIDEST)
    if len(steps) < RUN:
        return np.zeros(0, np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(steps, RUN)
    different = 1 + np.count_nonzero(np.diff(np.sort(runs, axis=1), axis=1), axis=1)
    runs = runs[different >= VARIED]
    hashes = ((runs + _WIDEST + 1).astype(np.uint64) * _POWERS).sum(1, dtype=np.uint64)
    for shift, factor in _MIXED:
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return np.unique(hashes)[:KEPT]


def families(sketches: Sequence[Sketch], prints: Sequence[int]) -> Longs:
    """Return of each piece the number of the first of its family, its own where it has no other.

    prints: of each piece; whoever has the same is of a family, however short.
    """
    first = np.arange(len(sketches))
    same: dict[int, int] = {}
    for number, known in enumerate(prints):
        _join(first, same.setdefault(known, number), number)
    # Whoever is the same in any key is compared once.
    alone = np.array(sorted(same.values()), np.int64)
    for one, other in _versions([sketches[number] for number in alone]):
        _join(first, int(alone[one]), int(alone[other]))
    return np.array([_root(first, number) for number in range(len(first))], np.int64)


def _versions(sketches: Sequence[Sketch]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that are versions of each other."""
    count = len(sketches)
    pairs, shared = _candidates(sketches)
    for pair in pairs[shared >= ALIKE].tolist():
        one, other = divmod(pair, count)
        if _alike(sketches[one], sketches[other]):
            yield one, other


def _alike(one: Sketch, other: Sketch) -> bool:
    # Of a longer piece only the smallest hashes are kept: the others are not known to be there or not.
    end = min(one[-1], other[-1])
    ours = one[: np.searchsorted(one, end, side="right")]
    theirs = other[: np.searchsorted(other, end, side="right")]
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    return shared >= ALIKE and shared >= SHARE * min(len(ours), len(theirs))


def _candidates(sketches: Sequence[Sketch]) -> tuple[Longs, Longs]:
    """Return pairs of pieces, each as one number, and how many runs they were seen to share."""
    count = len(sketches)
    hashes = np.concatenate([*sketches, np.zeros(0, np.uint64)])
    owners = np.repeat(np.arange(count), [len(one) for one in sketches])
    bands = 1 + len(hashes) // BAND
    found = [np.zeros(0, np.int64)]
    for band in range(bands):
        # Hashes are spread evenly, so that equally many fall into each band.
        inside = hashes % np.uint64(bands) == band
        found.append(_meetings(hashes[inside], owners[inside], count))
    pairs, shared = np.unique(np.concatenate(found), return_counts=True)
    return pairs, shared


def _meetings(hashes: Sketch, owners: Longs, count: int) -> Longs:
    """Return a pair for each run that two pieces have; of many who have it, those that are near each other."""
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    pairs = [np.zeros(0, np.int64)]
    for step in range(1, NEAR + 1):
        same = hashes[step:] == hashes[:-step]
        pairs.append(owners[:-step][same] * count + owners[step:][same])
    return np.concatenate(pairs)


def _root(first: Longs, number: int) -> int:
    while first[number] != number:
        # Each look makes the way shorter.
        first[number] = first[first[number]]
        number = int(first[number])
    return number


def _join(first: Longs, one: int, other: int) -> None:
    ours, theirs = sorted((_root(first, one), _root(first, other)))
    first[theirs] = ours
