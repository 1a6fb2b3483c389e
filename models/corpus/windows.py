"""Windows: what a network is trained on and measured with.

A window begins with the START event from the initial state, in any place of any piece,
transposed and performed. Batch number n of a seed is always the same, so that training goes on
after a stop exactly where it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.performance import (
    DURATIONS,
    FACTORS,
    HELD,
    TICKS,
    TIMES,
    VELOCITIES,
    nearest,
    start_event,
    time_code,
)
from models.corpus.midi import Ints, Piece
from models.corpus.perform import Longs, perform, places

TRANSPOSE = (-5, 6)
LOWEST, HIGHEST = 21, 108
"""The piano's keys; what lies outside stays where it is, and nothing is moved out of them."""
OPENING = 0.05
"""The share of windows that begin where their piece does."""
CUT = 0.5
"""The share of windows in which a player's keys are still down at some moment."""
HANDS = 10
"""As many of the last notes as can be down at once."""

FINE = 49
"""Gaps below so many ticks all have a class of their own."""

_TIMES = np.array(TIMES)
_DURATIONS = np.array(DURATIONS)


@dataclass(frozen=True)
class Batch:
    """Windows of T events after START, padded at the end.

    events: int64 (B, T + 1, 5). places: int64 (B, T + 1, 3). scored: bool (B, T, 4), whether a
    factor of the event after this one is to be predicted (not where padded, not where held).
    """

    events: Longs
    places: Longs
    scored: NDArray[np.bool_]


@dataclass(frozen=True)
class Weighed:
    """Pieces to draw from; a corpus is drawn by its weight, then a piece by its number of notes."""

    pieces: list[Piece]
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, corpora: Mapping[str, tuple[float, list[Piece]]]) -> "Weighed":
        """Weigh corpora given as name -> (weight, pieces)."""
        pieces, shares = [], []
        for weight, members in corpora.values():
            counts = np.array([len(piece.notes) for piece in members], float)
            shares.append(weight * counts / counts.sum())
            pieces += members
        cumulative = np.cumsum(np.concatenate(shares))
        return cls(pieces, cumulative / cumulative[-1])

    def draw(self, rng: Generator) -> Piece:
        """Draw a piece."""
        index = int(np.searchsorted(self.cumulative, rng.random(), side="right"))
        return self.pieces[min(index, len(self.pieces) - 1)]


def training_batch(weighed: Weighed, size: int, length: int, seed: int, number: int) -> Batch:
    """Return batch `number` of the endless stream of a seed."""
    rng = np.random.default_rng((seed, number))
    windows = []
    for _ in range(size):
        piece = weighed.draw(rng)
        count = len(piece.notes)
        start = 0 if rng.random() < OPENING else int(rng.integers(max(count - length // 2, 1)))
        windows.append(_window(piece, start, length, rng, transposed=True))
    return _pad(windows, length)


def measuring_batches(
    pieces: list[Piece], size: int, length: int, seed: int, most: int | None = None
) -> Iterator[Batch]:
    """Yield windows end to end over all pieces, always performed in the same way, untransposed.

    most: at most so many windows, spread evenly over the pieces.
    """
    spots = [
        (number, start)
        for number, piece in enumerate(pieces)
        for start in range(0, max(len(piece.notes) - length // 4, 1), length)
    ]
    if most is not None and most < len(spots):
        spots = [spots[index * len(spots) // most] for index in range(most)]
    for first in range(0, len(spots), size):
        yield _pad(
            [
                _window(pieces[n], s, length, np.random.default_rng((seed, n, s)), transposed=False)
                for n, s in spots[first : first + size]
            ],
            length,
        )


def encode_notes(notes: Longs, origin: int) -> tuple[Longs, Longs]:
    """Return events (n, 5) and the onsets that their classes can hold, as `encode` writes them."""
    events = np.zeros((len(notes), 5), np.int64)
    gaps = np.maximum(np.diff(notes[:, 0], prepend=origin), 0)
    if gaps.max() < FINE:
        events[:, 0] = gaps
    else:
        at = origin
        for index, onset in enumerate(notes[:, 0].tolist()):
            events[index, 0] = time_code(max(onset - at, 0))
            at += TIMES[events[index, 0]]
    events[:, 1] = notes[:, 1]
    events[:, 2] = np.clip(notes[:, 2], 0, 127) * VELOCITIES // 128
    events[:, 3] = nearest(notes[:, 3], _DURATIONS)
    return events, origin + np.cumsum(_TIMES[events[:, 0]])


def _window(
    piece: Piece, start: int, length: int, rng: Generator, *, transposed: bool
) -> tuple[Longs, Longs, NDArray[np.bool_]]:
    onsets = piece.notes[:, 0]
    start = int(np.searchsorted(onsets, onsets[min(start, len(onsets) - 1)]))
    notes = piece.notes[start : start + length].astype(np.int64)
    if transposed:
        notes[:, 1] += _transposition(notes[:, 1], rng)
    notes = perform(notes, piece.bars, rng)
    first = int(notes[0, 0])
    origin = _origin(first, piece.bars, rng)
    events, moved = encode_notes(notes, origin)
    held = _held(moved, moved + notes[:, 3], rng)
    events[held, 3] = HELD
    where = places(np.append(origin, moved), piece.bars)
    scored = np.ones((len(events), len(FACTORS)), bool)
    scored[held, 3] = False
    return np.concatenate((start_event()[None], events)), where, scored


def _transposition(pitches: Longs, rng: Generator) -> int:
    low = min(max(TRANSPOSE[0], LOWEST - int(pitches.min())), 0)
    high = max(min(TRANSPOSE[1], HIGHEST - int(pitches.max())), 0)
    return int(rng.integers(low, high + 1))


def _origin(first: int, bars: Ints, rng: Generator) -> int:
    """Return the tick of START: the first note's bar, the note itself, or some beats before it."""
    place = places(np.array([first]), bars)[0]
    choice = rng.random()
    if choice < 0.5 and place[2]:
        return first - int(place[0]) * TICKS - int(place[1])
    if choice < 0.75:
        return first
    return first - int(place[1]) - TICKS * int(rng.integers(0, 5))


def _held(onsets: Longs, ends: Longs, rng: Generator) -> NDArray[np.bool_]:
    """Return which notes are taken as keys still down: some that sound on at a random moment."""
    held = np.zeros(len(onsets), bool)
    if rng.random() >= CUT:
        return held
    moment = int(rng.integers(len(onsets) // 4, len(onsets)))
    recent = slice(max(moment + 1 - HANDS, 0), moment + 1)
    sounding = ends[recent] > onsets[moment]
    held[recent] = sounding & (rng.random(len(sounding)) < 0.5)
    return held


def _pad(windows: list[tuple[Longs, Longs, NDArray[np.bool_]]], length: int) -> Batch:
    size = len(windows)
    events = np.zeros((size, length + 1, 5), np.int64)
    where = np.zeros((size, length + 1, 3), np.int64)
    scored = np.zeros((size, length, len(FACTORS)), bool)
    for row, (event, place, score) in enumerate(windows):
        events[row, : len(event)] = event
        where[row, : len(place)] = place
        scored[row, : len(score)] = score
    return Batch(events, where, scored)
