"""All runs of symbols of many texts, sorted, so that the longest one that another text shares is found at once.

A suffix array by prefix doubling (Manber and Myers 1993), up to runs of `LONGEST` symbols: some two seconds and
80 bytes a symbol for each million of them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.pieces import Longs

LONGEST: Final = 128
"""Symbols of a run at most; a longer one counts as this."""
_LEVELS: Final = LONGEST.bit_length()
Ranks = NDArray[np.int32]


class Suffixes:
    """The runs of texts, whole numbers of any kind; none goes from one text into the next."""

    def __init__(self, texts: Sequence[Longs]) -> None:
        lengths = np.array([len(text) + 1 for text in texts], np.int64)
        self._begins = np.cumsum(lengths) - lengths
        every = np.concatenate([*texts, np.zeros(0, np.int64)])
        self._symbols = np.unique(every)
        size = int(lengths.sum()) + 2 * LONGEST
        # 0 stands between texts and after the last one.
        first = np.zeros(size, np.int32)
        inside = np.ones(size, np.bool_)
        inside[self._begins + lengths - 1] = False
        inside[size - 2 * LONGEST :] = False
        first[inside] = np.searchsorted(self._symbols, every) + 1
        self._ranks, self._pairs = [first], list[Longs]()
        for level in range(1, _LEVELS):
            pairs, ranks = np.unique(self._joined(self._ranks[-1], level), return_inverse=True)
            self._pairs.append(pairs)
            self._ranks.append(ranks.astype(np.int32))
        self._order = np.argsort(self._ranks[-1], kind="stable").astype(np.int32)

    def matched(self, text: Longs) -> Longs:
        """Return of each place of a text how long the longest run from there on is that stands in these."""
        levels = self._read(text)
        places = np.arange(len(text))
        found = np.zeros(len(text), np.int64)
        low, high = np.zeros(len(text), np.int64), np.full(len(text), len(self._order))
        for level in reversed(range(_LEVELS)):
            size = 1 << level
            can = (found + size <= LONGEST) & (places + found + size <= len(text))
            at = np.flatnonzero(can)
            wanted = levels[level][places[at] + found[at]]
            begin, end = self._within(level, low[at], high[at], found[at], wanted)
            here = (wanted >= 0) & (begin < end)
            low[at[here]], high[at[here]] = begin[here], end[here]
            found[at[here]] += size
        return found

    def texts_with(self, text: Longs, level: int, most: int) -> list[Longs]:
        """Return for each run of 2^level symbols of a text in which of these it stands; of `most` places at most."""
        wanted = self._read(text)[level][: max(len(text) - (1 << level) + 1, 0)]
        none = np.zeros(len(wanted), np.int64)
        begin, end = self._within(level, none, none + len(self._order), none, wanted)
        end = np.where(wanted < 0, begin, np.minimum(end, begin + most))
        return [
            np.unique(np.searchsorted(self._begins, self._order[one:two], side="right") - 1)
            for one, two in zip(begin.tolist(), end.tolist(), strict=True)
        ]

    def where(self, text: Longs) -> int:
        """Return in which of these a run stands, the first that is found; -1 where it is in none. Up to `LONGEST`."""
        place, low, high = 0, 0, len(self._order)
        levels = self._read(text)
        for level in reversed(range(_LEVELS)):
            if len(text) & (1 << level):
                low, high = (
                    int(one[0])
                    for one in self._within(
                        level,
                        *(np.array([value]) for value in (low, high, place, levels[level][place])),
                    )
                )
                if levels[level][place] < 0 or low >= high:
                    return -1
                place += 1 << level
        return int(np.searchsorted(self._begins, self._order[low], side="right")) - 1

    def _joined(self, ranks: Ranks, level: int) -> Longs:
        """Return a number for each run of 2^level symbols, in their order, by the ranks of its halves."""
        half = 1 << level - 1
        after = np.zeros(len(ranks), np.int64)
        after[:-half] = ranks[half:]
        return ranks.astype(np.int64) * (len(ranks) + 1) + after

    def _read(self, text: Longs) -> list[Longs]:
        """Return the ranks of a text's runs of 1, 2, 4 and more symbols; -1 where there are none or it ends."""
        levels = [
            np.where(np.isin(text, self._symbols), np.searchsorted(self._symbols, text) + 1, -1)
        ]
        for level in range(1, _LEVELS):
            half = 1 << level - 1
            before = levels[-1]
            after = np.full(len(text), -1)
            after[: max(len(text) - half, 0)] = before[half:]
            joined = before * (len(self._ranks[0]) + 1) + after
            pairs = self._pairs[level - 1]
            at = np.minimum(np.searchsorted(pairs, joined), len(pairs) - 1)
            known = (before >= 0) & (after >= 0) & (pairs[at] == joined)
            levels.append(np.where(known, at, -1))
        return levels

    def _within(
        self, level: int, low: Longs, high: Longs, passed: Longs, wanted: Longs
    ) -> tuple[Longs, Longs]:
        """Return which of the sorted runs from low to high go on, after `passed` symbols, with what is wanted."""
        return (
            self._first(level, low, high, passed, wanted),
            self._first(level, low, high, passed, wanted + 1),
        )

    def _first(self, level: int, low: Longs, high: Longs, passed: Longs, least: Longs) -> Longs:
        """Return the first of the sorted runs from low to high whose next symbols have the rank `least` or more."""
        low, high = low.copy(), high.copy()
        ranks, last = self._ranks[level], len(self._order) - 1
        for _ in range(len(self._order).bit_length()):
            middle = (low + high) // 2
            at = np.minimum(self._order[np.minimum(middle, last)] + passed, last)
            more = (low < high) & (ranks[at] < least)
            low, high = np.where(more, middle + 1, low), np.where(more, high, middle)
        return low
