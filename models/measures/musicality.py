"""Musicality: pitches, lines, chords and rhythm, as figures that a musician has a word for."""

from typing import Final

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import Excerpt, Reals
from models.measures.measure import Measure

STEP: Final = 2
"""Semitones of a step at most."""
_TRIADS: Final = ((0, 4, 7), (0, 3, 7))
_SEVENTHS: Final = ((0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 10), (0, 3, 6, 9))
_ROUGH: Final = (1, 2, 6)
"""Interval classes that are dissonant: seconds, sevenths, the tritone."""


def steps(excerpt: Excerpt) -> float:
    """Return the share of intervals of the top line that are steps, of those that move."""
    moves = np.abs(excerpt.intervals[excerpt.intervals != 0])
    return float((moves <= STEP).mean()) if len(moves) else np.nan


def turns(excerpt: Excerpt) -> float:
    """Return how often the top line changes its direction, as a share of its moves but the first."""
    signs = np.sign(excerpt.intervals[excerpt.intervals != 0])
    return float((signs[1:] != signs[:-1]).mean()) if len(signs) > 1 else np.nan


def repeated(excerpt: Excerpt) -> float:
    """Return the share of intervals of the top line that repeat a note."""
    return float((excerpt.intervals == 0).mean()) if len(excerpt.intervals) else np.nan


def notes_an_onset(excerpt: Excerpt) -> float:
    """Return how many notes begin together."""
    return len(excerpt.notes) / len(excerpt.onsets) if len(excerpt.notes) else np.nan


def notes_a_beat(excerpt: Excerpt) -> float:
    """Return how many notes begin in a beat, from the first onset to the last."""
    onsets = excerpt.onsets
    return (
        len(excerpt.notes) / max((onsets[-1] - onsets[0]) / TICKS, 1.0) if len(onsets) else np.nan
    )


def polyphony(excerpt: Excerpt) -> float:
    """Return how many notes sound together, on average of the time that any does."""
    ticks = np.concatenate((excerpt.notes[:, 0], excerpt.notes[:, 0] + excerpt.notes[:, 3]))
    count = len(excerpt.notes)
    order = np.argsort(ticks, kind="stable")
    sounding = np.cumsum(np.repeat((1, -1), count)[order])[:-1]
    long = np.diff(ticks[order])
    total = long[sounding > 0].sum()
    return float((sounding * long).sum() / total) if total else np.nan


def triads(excerpt: Excerpt) -> float:
    """Return the share of onsets at which a major or minor triad sounds, and nothing else."""
    return _share_of(excerpt, _TRIADS)


def sevenths(excerpt: Excerpt) -> float:
    """Return the share of onsets at which a seventh chord sounds, and nothing else."""
    return _share_of(excerpt, _SEVENTHS)


def dissonance(excerpt: Excerpt) -> float:
    """Return the share of pairs of pitch classes that sound together and are a second, a seventh or a tritone."""
    chords = excerpt.chords
    sizes = chords.sum(1)
    pairs = sizes * (sizes - 1) / 2
    rough = np.zeros(len(chords))
    for interval in _ROUGH:
        found = (chords & np.roll(chords, interval, 1)).sum(1)
        rough += found / 2 if interval == 6 else found
    return float((rough[pairs > 0] / pairs[pairs > 0]).mean()) if pairs.any() else np.nan


def rhythm_entropy(excerpt: Excerpt) -> float:
    """Return the entropy of the times from one onset to the next, snapped, in bits."""
    gaps = np.diff(np.unique(excerpt.snapped))
    return entropy(np.unique(gaps, return_counts=True)[1]) if len(gaps) else np.nan


def pitch_entropy(excerpt: Excerpt) -> float:
    """Return the entropy of the pitch classes by how long they sound, in bits."""
    weights = np.bincount(excerpt.notes[:, 1] % 12, excerpt.notes[:, 3], 12)
    return entropy(weights) if weights.any() else np.nan


def entropy(weights: Reals | Longs) -> float:
    """Return the entropy of weights, some of which are above 0, in bits."""
    shares = weights[weights > 0] / weights.sum()
    return float(max(-(shares * np.log2(shares)).sum(), 0.0))


def _share_of(excerpt: Excerpt, kinds: tuple[tuple[int, ...], ...]) -> float:
    """Return the share of onsets at which a chord of these kinds sounds, from any root."""
    if not len(excerpt.onsets):
        return np.nan
    known = {frozenset((root + tone) % 12 for tone in kind) for kind in kinds for root in range(12)}
    codes = excerpt.chords @ (1 << np.arange(12))
    wanted = [sum(1 << tone for tone in chord) for chord in known]
    return float(np.isin(codes, wanted).mean())


def pitch_range(excerpt: Excerpt) -> float:
    """Return the semitones from the lowest to the highest note."""
    return float(np.ptp(excerpt.notes[:, 1])) if len(excerpt.notes) else np.nan


MEASURES: Final = (
    Measure(
        "steps", "Moves of the top line that are steps of two semitones at most.", "share", steps
    ),
    Measure(
        "changes of direction",
        "Moves of the top line that turn where the one before went.",
        "share",
        turns,
    ),
    Measure("repeated notes", "Intervals of the top line that repeat its note.", "share", repeated),
    Measure("range", "From the lowest note to the highest.", "semitones", pitch_range),
    Measure("notes an onset", "Notes that begin together.", "notes", notes_an_onset),
    Measure("notes a beat", "Notes that begin in a beat.", "notes", notes_a_beat),
    Measure("polyphony", "Notes that sound together while any does.", "notes", polyphony),
    Measure(
        "triads",
        "Onsets at which a major or minor triad sounds, and nothing else.",
        "share",
        triads,
    ),
    Measure(
        "sevenths", "Onsets at which a seventh chord sounds, and nothing else.", "share", sevenths
    ),
    Measure(
        "dissonance",
        "Pairs of pitch classes that sound together and are a second, a seventh or a tritone.",
        "share",
        dissonance,
    ),
    Measure(
        "entropy of rhythm",
        "How surprising the time from one onset to the next is, to the nearest sixteenth or triplet.",
        "bits",
        rhythm_entropy,
    ),
    Measure(
        "entropy of pitch classes", "How evenly the pitch classes sound.", "bits", pitch_entropy
    ),
)
