"""Floors: what a first-order Markov chain of each factor knows, beside every figure of a model.

Each factor is predicted from the same factor of the event before (START and held notes
included); counts come from the stream of training windows that the networks learn from, and the
smoothing that is added to every count is chosen on more of that stream.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.performance import CLASSES, FACTORS, INPUT_CLASSES
from models.corpus.windows import Batch, Weighed, training_batch
from models.train.evaluate import LENGTH, totals

SMOOTHING: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BATCH: Final = 64
COUNTED: Final = 96
"""Batches that are counted: some 1.5 million events."""
ROUNDS: Final = 16
"""Of little music, each note is counted so often, in other keys and performances."""
TUNED: Final = 8
"""Batches more, at most, on which the smoothing is tuned."""

Counts = NDArray[np.int64]


def pair_counts(batches: Iterable[Batch]) -> list[Counts]:
    """Count for each factor how often a code follows a code: (before, after)."""
    counts = [np.zeros((INPUT_CLASSES[f], CLASSES[f]), np.int64) for f in FACTORS]
    for batch in batches:
        for k, table in enumerate(counts):
            scored = batch.scored[..., k]
            before = batch.events[:, :-1, k][scored]
            after = batch.events[:, 1:, k][scored]
            np.add.at(table, (before, after), 1)
    return counts


def nats(seen: Counts, asked: Counts, smoothing: float) -> float:
    """Return the mean nats of the pairs `asked`, of a chain that counted `seen`."""
    smooth = seen + smoothing
    logs = np.log(smooth) - np.log(smooth.sum(1, keepdims=True))
    return float(-(asked * logs).sum() / asked.sum())


def floors(
    weighed: Weighed, seed: int, measured: Sequence[Batch], counted: int | None = None
) -> dict[str, float]:
    """Return the chains' nats for each factor on `measured`, and their sum as `all`.

    counted: so many batches of the training stream are counted, else as many as make sense.
    """
    if counted is None:
        notes = sum(len(piece.notes) for piece in weighed.pieces)
        counted = min(COUNTED, 1 + ROUNDS * notes // (BATCH * LENGTH))

    def stream(first: int, count: int) -> Iterable[Batch]:
        return (training_batch(weighed, BATCH, LENGTH, seed, first + n) for n in range(count))

    seen = pair_counts(stream(0, counted))
    tuning = pair_counts(stream(counted, min(TUNED, counted)))
    asked = pair_counts(measured)
    figures = []
    for table, tune, ask in zip(seen, tuning, asked, strict=True):
        best = min(SMOOTHING, key=lambda value: nats(table, tune, value))
        figures.append(nats(table, ask, best))
    return totals(np.array(figures))
