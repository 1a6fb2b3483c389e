"""Floors of sound: what the last samples tell without music, and how often each code comes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import CLASSES, DECODED
from models.corpus.sound.windows import Batch, Shape, Weighed, training_batch

BATCH: Final = 8
FITTED: Final = 60
"""Batches of the training stream that the floors are fitted on."""
ORDER: Final = 32
"""Samples that the linear predictor looks back."""
RECENT: Final = 64
"""Samples over which its error is averaged, to know how sure it may be."""
LEVELS: Final = 32
"""Classes of that average, each with a spread of its own."""
LEAST: Final = 1e-9
"""The least likelihood of a code, so that a surprise costs 21 nats and no more."""

Samples = NDArray[np.float64]
EDGES: Final[Samples] = np.concatenate(
    ([-np.inf], (DECODED[1:].astype(float) + DECODED[:-1]) / 2.0, [np.inf])
)
"""Where the samples of one code end and those of the next begin."""


def stream(weighed: Weighed, shape: Shape, seed: int, count: int = FITTED) -> list[Batch]:
    """Return what floors are fitted on: the beginning of the training stream of a seed."""
    return [training_batch(weighed, BATCH, shape, seed, number) for number in range(count)]


@dataclass(frozen=True)
class Unigram:
    """How often each code comes, regardless of what came before."""

    frequencies: Samples

    @classmethod
    def fit(cls, batches: Iterable[Batch]) -> "Unigram":
        """Count the codes of batches."""
        counts = sum(
            (np.bincount(b.following[b.known], minlength=CLASSES) for b in batches),
            start=np.ones(CLASSES),
        )
        return cls(counts / counts.sum())

    def nats(self, batch: Batch) -> Samples:
        """Return nats (B, T) of what follows."""
        nats: Samples = -np.log(self.frequencies[batch.following])
        return nats


@dataclass(frozen=True)
class Linear:
    """A linear predictor whose error has a logistic distribution, as wide as errors lately were.

    weights: of the last ORDER samples, oldest first. spreads: by level of the recent error.
    """

    weights: Samples
    spreads: Samples

    @classmethod
    def fit(cls, batches: list[Batch]) -> "Linear":
        """Fit the weights by least squares of errors in proportion to level, then the spreads."""
        gram, target = np.zeros((ORDER, ORDER)), np.zeros(ORDER)
        for batch in batches:
            past, following = _past(batch)
            # Each window counts alike, however loud it is.
            scale = 1.0 / (following.std(1) + 1e-3)
            past, following = past * scale[:, None, None], following * scale[:, None]
            gram += np.einsum("bti,btj->ij", past, past, optimize=True)
            target += np.einsum("bti,bt->i", past, following, optimize=True)
        weights = np.linalg.solve(gram + 1e-9 * np.trace(gram) * np.eye(ORDER), target)
        sums, counts = np.full(LEVELS, 1e-5), np.full(LEVELS, 1e-2)
        for batch in batches:
            _, errors, level = _errors(weights, batch)
            known = batch.known
            sums += np.bincount(level[known], np.abs(errors)[known], minlength=LEVELS)
            counts += np.bincount(level[known], minlength=LEVELS)
        # The mean size of a logistic variable is 2 ln 2 spreads.
        return cls(weights, sums / counts / (2.0 * np.log(2.0)))

    def nats(self, batch: Batch) -> Samples:
        """Return nats (B, T) of what follows."""
        expected, _, level = _errors(self.weights, batch)
        spread = self.spreads[level]
        above = _logistic((EDGES[batch.following + 1] - expected) / spread)
        below = _logistic((EDGES[batch.following] - expected) / spread)
        nats: Samples = -np.log((1.0 - LEAST * CLASSES) * (above - below) + LEAST)
        return nats


def _past(batch: Batch) -> tuple[Samples, Samples]:
    """Return the last ORDER samples (B, T, ORDER) before each that is to be predicted, and it."""
    heard = np.pad(DECODED[batch.codes].astype(float), ((0, 0), (ORDER - 1, 0)))
    past = np.lib.stride_tricks.sliding_window_view(heard, ORDER, axis=1)
    return past[:, batch.since :], DECODED[batch.following].astype(float)


def _errors(weights: Samples, batch: Batch) -> tuple[Samples, Samples, NDArray[np.int64]]:
    """Return what is expected (B, T), by how much it fails, and the level of its recent failure."""
    past, following = _past(batch)
    expected = past @ weights
    errors = following - expected
    sums = np.cumsum(np.pad(np.abs(errors), ((0, 0), (RECENT + 1, 0))), axis=1)
    recent = (sums[:, RECENT:-1] - sums[:, : -RECENT - 1]) / RECENT
    # Level 0 is an error of 1e-5; four levels are a factor of about 5.
    level = np.clip(np.log(np.maximum(recent, 1e-5) / 1e-5) * 2.5, 0, LEVELS - 1)
    return expected, errors, level.astype(np.int64)


def _logistic(values: Samples) -> Samples:
    return 0.5 * (1.0 + np.tanh(0.5 * values))


def mean(batches: list[Batch], nats: Callable[[Batch], Samples]) -> float:
    """Return nats a known sample of batches."""
    total = sum(float(nats(batch)[batch.known].sum()) for batch in batches)
    return total / sum(int(batch.known.sum()) for batch in batches)
