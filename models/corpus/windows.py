"""Windows: what a network is trained on and measured with.

A window begins with the step before the first from the initial state, in any place of any piece, as
an encoder writes it. Batch number n of a seed is always the same, so that training goes on after a
stop exactly where it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.representation import Codes, width
from models.corpus.encoders.encoder import Encoder, Steps
from models.corpus.opened import Joined
from models.corpus.pieces import Piece

OPENING: Final = 0.05
"""The share of windows that begin where their piece does."""
SPREAD: Final = 8
"""Batches of whole pieces are cut out of so many times as much music, by length."""


@dataclass(frozen=True)
class Batch:
    """Windows of T steps after the start, padded at the end; B of `Steps`, side by side.

    codes: int64 (B, T + 1, inputs). conditions: int64 (B, T + 1, conditions). scored: bool (B, T,
    factors), whether a factor of the step after this one is to be foretold (never where padded).
    """

    codes: Codes
    conditions: Codes
    scored: NDArray[np.bool_]


@dataclass(frozen=True)
class Weighed:
    """Pieces to draw from; a corpus is drawn by its weight, then a piece by its number of steps, or each alike."""

    encoder: Encoder
    pieces: Sequence[Piece]
    steps: int
    """Of all pieces."""
    cumulative: NDArray[np.float64]
    each: NDArray[np.float64]
    """The same where all pieces of a corpus are drawn alike."""

    @classmethod
    def of(
        cls, encoder: Encoder, corpora: Mapping[str, tuple[float, Sequence[Piece]]]
    ) -> "Weighed":
        """Weigh corpora given as name -> (weight, pieces)."""
        shares, alike = [], []
        steps = 0
        for weight, members in corpora.values():
            counts = np.array([encoder.count(piece) for piece in members], float)
            shares.append(weight * counts / counts.sum())
            alike.append(np.full(len(counts), weight / len(counts)))
            steps += int(counts.sum())
        pieces = Joined([members for _, members in corpora.values()])
        return cls(encoder, pieces, steps, _cumulative(shares), _cumulative(alike))

    def draw(self, rng: Generator, *, alike: bool = False) -> Piece:
        """Draw a piece; alike: long ones as often as short ones."""
        cumulative = self.each if alike else self.cumulative
        index = int(np.searchsorted(cumulative, rng.random(), side="right"))
        return self.pieces[min(index, len(self.pieces) - 1)]


def _cumulative(shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    cumulative = np.cumsum(np.concatenate(shares))
    return np.asarray(cumulative / cumulative[-1])


def training_batch(weighed: Weighed, size: int, length: int, seed: int, number: int) -> Batch:
    """Return batch `number` of the endless stream of a seed."""
    rng = np.random.default_rng((seed, number))
    encoder = weighed.encoder
    windows = []
    for _ in range(size):
        piece = weighed.draw(rng)
        count = encoder.count(piece)
        start = 0 if rng.random() < OPENING else int(rng.integers(max(count - length // 2, 1)))
        windows.append(encoder.window(piece, start, length, rng, varied=True))
    return _pad(encoder, windows, length)


def whole_batch(weighed: Weighed, room: int, seed: int, number: int) -> Batch:
    """Return batch `number` of a seed: pieces of like length, whole, as many as `room` steps hold side by side.

    Of a piece that alone is longer, it is a window of as many steps.
    """
    rng = np.random.default_rng((seed, number))
    encoder = weighed.encoder
    drawn, steps = [], 0
    while steps < SPREAD * room:
        drawn.append(weighed.draw(rng, alike=True))
        steps += encoder.count(drawn[-1])
    drawn.sort(key=encoder.count, reverse=True)
    groups = []
    while drawn:
        fitting = max(room // max(encoder.count(drawn[0]), 1), 1)
        groups.append(drawn[:fitting])
        drawn = drawn[fitting:]
    windows = []
    for piece in groups[int(rng.integers(len(groups)))]:
        start = int(rng.integers(max(encoder.count(piece) - room, 0) + 1))
        windows.append(encoder.window(piece, start, room, rng, varied=True))
    return _pad(encoder, windows, max(len(window.scored) for window in windows))


def measuring_batches(
    encoder: Encoder,
    pieces: Sequence[Piece],
    size: int,
    length: int,
    seed: int,
    most: int | None = None,
) -> Iterator[Batch]:
    """Yield windows end to end over all pieces, always written in the same way, in their own key.

    most: at most so many windows, spread evenly over the pieces. All are as long as the longest of them.
    """
    spots = [
        (number, start)
        for number, piece in enumerate(pieces)
        for start in range(0, max(encoder.count(piece) - length // 4, 1), length)
    ]
    if most is not None and most < len(spots):
        spots = [spots[index * len(spots) // most] for index in range(most)]
    windows = [
        encoder.window(pieces[n], s, length, np.random.default_rng((seed, n, s)), varied=False)
        for n, s in spots
    ]
    longest = max(len(window.scored) for window in windows)
    for first in range(0, len(spots), size):
        yield _pad(encoder, windows[first : first + size], longest)


def _pad(encoder: Encoder, windows: list[Steps], length: int) -> Batch:
    size, representation = len(windows), encoder.representation
    codes = np.zeros((size, length + 1, width(representation.inputs)), np.int64)
    conditions = np.zeros((size, length + 1, width(representation.conditions)), np.int64)
    scored = np.zeros((size, length, len(representation.factors)), bool)
    for row, steps in enumerate(windows):
        codes[row, : len(steps.codes)] = steps.codes
        conditions[row, : len(steps.conditions)] = steps.conditions
        scored[row, : len(steps.scored)] = steps.scored
    return Batch(codes, conditions, scored)
