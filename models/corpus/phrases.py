"""Where phrases end, and how dense music is: what a network can be asked for, as a piece shows it.

A phrase ends where the melody rests: from a beat on it holds a note, or is silent, for nearly half a bar (an upbeat
may follow), and at least twice as long as its notes last on average; and it has two bars or more. The last phrase ends
with the piece. Times are in ticks.
"""

from typing import Final

import numpy as np

from models.contract.asked import ASKED, BARS_LEFT, DENSITY, NEAR
from models.contract.grid import TICKS
from models.corpus.pieces import Ints, Longs, Score

AROUND: Final = 8
"""Notes of the melody before and after one, that say how long notes last."""
LONGER: Final = 2.0
RESTS: Final = 3 / 8
"""Of a bar."""
SHORTEST: Final = 2
"""Bars of a phrase at least."""
_UNKNOWN: Final = 8
"""Eighths of a bar where the metre is not known."""


def phrase_ends(piece: Score) -> Longs:
    """Return the ticks at which phrases are over, rising: where the next one begins, or the bar or the notes end."""
    notes = piece.notes.astype(np.int64)
    onsets = _melody(notes)
    gaps = np.diff(onsets)
    bars = Barred(piece.bars)
    usual = _usual(gaps)
    rests = (gaps >= RESTS * bars.lengths(onsets[:-1])) & (gaps >= LONGER * usual)
    rests &= bars.inside(onsets[:-1]) % TICKS == 0
    over = int((notes[:, 0] + notes[:, 3]).max())
    ends, last = [], int(bars.numbers(onsets[:1])[0]) - 1
    for onset, after in zip(onsets[:-1][rests].tolist(), onsets[1:][rests].tolist(), strict=True):
        # A rest of many bars belongs to nothing: the phrase is over with its bar.
        end = min(after, int(bars.starts(np.array([onset]))[0] + 2 * bars.lengths(onset)))
        bar = int(bars.numbers(np.array([end - 1]))[0])
        if bar - last >= SHORTEST:
            ends.append(end)
            last = bar
    if ends and int(bars.numbers(np.array([over - 1]))[0]) - last < SHORTEST:
        ends.pop()
    return np.array([*ends, over], np.int64)


def asked(ticks: Longs, piece: Score) -> dict[str, Longs]:
    """Return what could have been asked of the time after each tick, by the names of `ASKED`, as codes."""
    ticks = ticks + NEAR
    bars, ends = Barred(piece.bars), phrase_ends(piece)
    at = np.searchsorted(ends, ticks, side="right")
    end = ends[np.minimum(at, len(ends) - 1)]
    left = bars.numbers(end - 1) - bars.numbers(ticks) + 1
    left = np.where(at < len(ends), _coded(BARS_LEFT, left), 0)
    starts, lengths = bars.starts(ticks), bars.lengths(ticks)
    until = np.maximum(np.minimum(starts + 2 * lengths, ends[-1]), starts + lengths)
    onsets = np.unique(piece.notes[:, 0])
    struck = np.searchsorted(onsets, until) - np.searchsorted(onsets, starts)
    return {BARS_LEFT: left, DENSITY: _coded(DENSITY, struck * 4 * TICKS / (until - starts))}


class Barred:
    """The bars of a piece, (m, 2) as a score has them; where a metre is not known, a bar is four beats."""

    def __init__(self, bars: Ints) -> None:
        self._begins = bars[:, 0].astype(np.int64)
        metres = bars[:, 1].astype(np.int64)
        self._lengths = np.where(metres > 0, metres, _UNKNOWN) * TICKS // 2
        counts = -(-np.diff(self._begins) // self._lengths[:-1])
        self._first = np.concatenate(([0], np.cumsum(counts)))

    def lengths(self, ticks: Longs | int) -> Longs:
        """Return how long the bars of ticks are."""
        return np.asarray(self._lengths[self._rows(ticks)])

    def inside(self, ticks: Longs) -> Longs:
        """Return how long after the beginning of its bar each tick is."""
        return np.asarray((ticks - self._begins[self._rows(ticks)]) % self.lengths(ticks))

    def starts(self, ticks: Longs) -> Longs:
        """Return where the bars of ticks begin."""
        return np.asarray(ticks - self.inside(ticks))

    def numbers(self, ticks: Longs) -> Longs:
        """Return the numbers of the bars of ticks; those before the first one are below 0."""
        rows = self._rows(ticks)
        return np.asarray(self._first[rows] + (ticks - self._begins[rows]) // self._lengths[rows])

    def _rows(self, ticks: Longs | int) -> Longs:
        return np.maximum(np.searchsorted(self._begins, ticks, side="right") - 1, 0)


def _melody(notes: Longs) -> Longs:
    """Return when the melody strikes: what is below a note that still sounds accompanies it."""
    onsets, ends = notes[:, 0].tolist(), (notes[:, 0] + notes[:, 3]).tolist()
    line: list[int] = []
    top, until = -1, -1
    for onset, pitch, end in zip(onsets, notes[:, 1].tolist(), ends, strict=True):
        if onset >= until or pitch >= top:
            top, until = pitch, end
            if not line or line[-1] != onset:
                line.append(onset)
    return np.array(line, np.int64)


def _usual(gaps: Longs) -> Longs:
    """Return how long notes last around each of them, on average."""
    sums = np.concatenate(([0], np.cumsum(gaps)))
    at = np.arange(len(gaps))
    first, last = np.maximum(at - AROUND, 0), np.minimum(at + AROUND + 1, len(gaps))
    return np.asarray((sums[last] - sums[first]) / np.maximum(last - first, 1))


def _coded(name: str, values: Longs) -> Longs:
    return np.maximum(np.searchsorted(np.array(ASKED[name]), values, side="right"), 1)
