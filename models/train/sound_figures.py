"""The figures of a trained model of sound: nats a sample on a split, beside simple floors."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.contract.document import Figure, Measure
from models.contract.samples import CLASSES, DECODED
from models.corpus.sound_windows import Batch, Weighed, measuring_batches, training_batch
from models.train.checkpoint import Checkpoint
from models.train.recipe import SoundRecipe, recipe_of
from models.train.sound import FACTOR, MEASURED_SECONDS, corpora_of, measure, shape_of

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


@dataclass(frozen=True)
class Figures:
    """Nats a sample on a split: the model's, a linear predictor's, and of the codes' frequencies alone."""

    split: Literal["valid", "test"]
    model: float
    linear: float
    unigram: float

    @property
    def figure(self) -> Figure:
        """Return what an artifact says of them, in nats."""
        return Figure(self.split, FACTOR, self.model, self.linear)

    @property
    def measure(self) -> Measure:
        """Return the same in bits."""
        beside = (
            f"linear predictor: {bits(self.linear):.2f}; how often each code comes, alone: "
            f"{bits(self.unigram):.2f}"
        )
        return Measure(f"what comes next, {self.split}", bits(self.model), "bits a sample", beside)


def bits(nats: float) -> float:
    """Return nats as bits."""
    return nats / math.log(2.0)


def figures_of(
    checkpoint: Checkpoint,
    data: Path,
    split: Literal["valid", "test"],
    *,
    most: int = 512,
    cache: Path | None = None,
) -> Figures:
    """Measure a checkpoint on at most so many windows of a split, in float32, beside the floors.

    Raises ExtempoError if a corpus is missing.
    """
    recipe = recipe_of(checkpoint.recipe)
    assert isinstance(recipe, SoundRecipe)
    net = checkpoint.build_audio()
    held_out = corpora_of(recipe, net, data, split, cache)
    shape = shape_of(net, MEASURED_SECONDS)
    batches = measuring_batches(held_out, BATCH, shape, most)
    weights = np.array(list(recipe.corpora.values()))
    heard = corpora_of(recipe, net, data, "train", cache)
    weighed = Weighed(heard, weights / weights.sum())
    stream = [training_batch(weighed, BATCH, shape, recipe.seed, n) for n in range(FITTED)]
    linear, unigram = Linear.fit(stream), Unigram.fit(stream)
    floors = _mean(batches, linear.nats), _mean(batches, unigram.nats)
    return Figures(split, measure(net, batches), *floors)


@dataclass(frozen=True)
class Unigram:
    """How often each code comes, whatever was before."""

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


def _mean(batches: list[Batch], nats: Callable[[Batch], Samples]) -> float:
    total = sum(float(nats(batch)[batch.known].sum()) for batch in batches)
    return total / sum(int(batch.known.sum()) for batch in batches)
