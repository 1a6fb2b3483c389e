"""A look at music, sampled or by people: key, rhythm, density, repetition, and what was copied.

Figures of samples say something only beside the same figures of pieces that people wrote.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.runs import runs

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
PHRASE: Final = 8
"""Notes in a phrase, when repetition is looked for."""
LONGEST: Final = 128
"""Shared runs are searched up to this many intervals."""
SHARES: Final = (
    "onsets on the beat",
    "onsets on halves",
    "onsets on other sixteenths",
    "onsets on triplets",
    "repetition",
    "same top note again",
    "same chord again",
)
"""Figures that are shares of 1."""
COPIED: Final = "longest copied run"


def look(notes: Longs) -> dict[str, float]:
    """Return figures on notes (n, 4), sorted by onset and pitch."""
    onsets, pitches, velocities, durations = notes.T
    ticks = np.unique(onsets)
    beats = max((ticks[-1] - ticks[0]) / TICKS, 1.0)
    inside = ticks % TICKS
    sounding = durations.sum() / max(int((onsets + durations).max() - onsets.min()), 1)
    return {
        "notes a beat": len(notes) / beats,
        "notes an onset": len(notes) / len(ticks),
        "notes sounding": float(sounding),
        "longest rest, beats": longest_rest(notes) / TICKS,
        "onsets on the beat": float(np.mean(inside == 0)),
        "onsets on halves": float(np.mean(inside == TICKS // 2)),
        "onsets on other sixteenths": float(np.mean(np.isin(inside, (6, 18)))),
        "onsets on triplets": float(np.mean(np.isin(inside, (8, 16)))),
        "lowest": float(pitches.min()),
        "median": float(np.median(pitches)),
        "highest": float(pitches.max()),
        "key": key_clarity(notes),
        "velocity sd": float(velocities.std()),
        "repetition": repetition(notes),
        "same top note again": float(np.mean(np.diff(skyline(notes)) == 0)),
        "same chord again": chords_again(notes),
    }


def key_clarity(notes: Longs, beats: int = 16) -> float:
    """Return the mean correlation of stretches of `beats` with their best key (Krumhansl)."""
    profiles = np.array(
        [np.roll(p, tonic) for p in (_MAJOR, _MINOR) for tonic in range(12)], np.float64
    )
    stretch = notes[:, 0] // (beats * TICKS)
    best = []
    for number in np.unique(stretch):
        part = notes[stretch == number]
        weights = np.bincount(part[:, 1] % 12, part[:, 3], 12)
        if np.count_nonzero(weights) > 1:
            best.append(max(float(np.corrcoef(weights, profile)[0, 1]) for profile in profiles))
    return float(np.mean(best)) if best else 0.0


def longest_rest(notes: Longs) -> int:
    """Return the longest time that nothing sounds, in ticks."""
    ends = np.maximum.accumulate(notes[:, 0] + notes[:, 3])
    return int(max((notes[1:, 0] - ends[:-1]).max(initial=0), 0))


def repetition(notes: Longs) -> float:
    """Return the share of phrases (pitches and their rhythm) that were there before."""
    gaps = np.diff(notes[:, 0], prepend=notes[0, 0])
    rows = list(zip(gaps.tolist(), notes[:, 1].tolist(), strict=True))
    phrases = [tuple(rows[i : i + PHRASE]) for i in range(len(rows) - PHRASE + 1)]
    return 1.0 - len(set(phrases)) / max(len(phrases), 1)


def chords_again(notes: Longs) -> float:
    """Return the share of chords (two pitches at least) that are the one before them, struck again."""
    _, starts = np.unique(notes[:, 0], return_index=True)
    chords = [frozenset(pitches.tolist()) for pitches in np.split(notes[:, 1], starts[1:])]
    again = [a == b for a, b in pairwise(chords) if len(b) > 1]
    return float(np.mean(again)) if again else 0.0


def skyline(notes: Longs) -> Longs:
    """Return the highest pitch of each onset."""
    last = np.append(notes[1:, 0] != notes[:-1, 0], True)
    return np.asarray(notes[last, 1])


class Copies:
    """Finds the longest melody, in intervals of the skyline, that music shares with a corpus."""

    def __init__(self, corpus: Iterable[Longs]) -> None:
        self._intervals = [np.diff(skyline(notes)) for notes in corpus]
        self._known = lru_cache(maxsize=None)(self._hashes)

    def longest(self, notes: Longs) -> int:
        """Return how many intervals the longest shared run has, transposed or not."""
        intervals = np.diff(skyline(notes))
        low, high = 0, min(LONGEST, len(intervals))
        while low < high:
            middle = (low + high + 1) // 2
            known, asked = self._known(middle), runs(intervals, middle)
            nearest = np.minimum(np.searchsorted(known, asked), len(known) - 1)
            found = len(known) > 0 and bool((known[nearest] == asked).any())
            low, high = (middle, high) if found else (low, middle - 1)
        return low

    def _hashes(self, length: int) -> NDArray[np.uint64]:
        return np.unique(np.concatenate([runs(line, length) for line in self._intervals]))


def draw_roll(path: Path, pieces: dict[str, Longs], beats: int = 64) -> None:
    """Draw piano rolls below each other as a PNG; the darker a note, the louder."""
    figure = Figure(figsize=(16, 3.2 * len(pieces)), layout="constrained")
    for row, (title, notes) in enumerate(pieces.items()):
        axes = figure.add_subplot(len(pieces), 1, row + 1)
        shown = notes[notes[:, 0] < beats * TICKS]
        axes.hlines(
            shown[:, 1],
            shown[:, 0] / TICKS,
            (shown[:, 0] + shown[:, 3]) / TICKS,
            colors=[(0.05, 0.1, 0.4, 0.25 + 0.75 * v / 127) for v in shown[:, 2]],
            linewidth=3,
        )
        axes.set(title=title, xlim=(0, beats), ylabel="pitch", xticks=range(0, beats + 1, 4))
        axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=70)
