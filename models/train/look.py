"""A look at music, sampled or by people: key, rhythm, density, repetition, and what was copied.

Figures of samples say something only beside the same figures of pieces that people wrote.
"""

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from models.contract.grid import TICKS
from models.corpus.pieces import Longs, top_of
from models.measures.form import longest_rest
from models.measures.keys import fits

PHRASE: Final = 8
"""Notes in a phrase, when repetition is looked for."""
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
        "same top note again": float(np.mean(np.diff(top_of(notes)[:, 1]) == 0)),
        "same chord again": chords_again(notes),
    }


def key_clarity(notes: Longs, beats: int = 16) -> float:
    """Return the mean correlation of stretches of `beats` with their best key (Krumhansl)."""
    stretch = notes[:, 0] // (beats * TICKS)
    best = []
    for number in np.unique(stretch):
        part = notes[stretch == number]
        weights = np.bincount(part[:, 1] % 12, part[:, 3], 12)
        if np.count_nonzero(weights) > 1:
            best.append(float(fits(weights[None]).max()))
    return float(np.mean(best)) if best else 0.0


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
