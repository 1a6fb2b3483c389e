"""Floors: what a first-order Markov chain of each factor knows, beside every figure of a model.

Each factor is predicted from the same factor of the step before (the start and what is never drawn
included), each of many codes side by side from its own; counts come from the stream of training
windows that the networks learn from, and the smoothing that is added to every count is chosen on
more of that stream.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.representation import Representation
from models.corpus.windows import Batch, Weighed, training_batch
from models.train.evaluate import totals

SMOOTHING: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BATCH: Final = 64
COUNTED: Final = 96
"""Batches that are counted: some 1.5 million steps."""
ROUNDS: Final = 16
"""Of little music, each step is counted so often, in other keys and performances."""
TUNED: Final = 8
"""Batches more, at most, on which the smoothing is tuned."""

Counts = NDArray[np.int64]


def pair_counts(representation: Representation, batches: Iterable[Batch]) -> list[Counts]:
    """Count for each factor how often a code follows a code: (codes side by side, before, after)."""
    inputs = representation.fed_back()
    counts = [
        np.zeros((column.width, fed.classes, column.classes), np.int64)
        for column, fed in zip(representation.factors, inputs, strict=True)
    ]
    for batch in batches:
        for k, (table, column) in enumerate(zip(counts, representation.factors, strict=True)):
            scored = batch.scored[..., k]
            first = representation.place_of(column.name)
            codes = batch.codes[..., first : first + column.width]
            side = np.arange(column.width)
            np.add.at(table, (side, codes[:, :-1][scored], codes[:, 1:][scored]), 1)
    return counts


def nats(seen: Counts, asked: Counts, smoothing: float) -> float:
    """Return the mean nats a step of the pairs `asked`, of a chain that counted `seen`."""
    smooth = seen + smoothing
    logs = np.log(smooth) - np.log(smooth.sum(-1, keepdims=True))
    return float(-(asked * logs).sum() / asked[0].sum())


def floors(
    weighed: Weighed, seed: int, measured: Sequence[Batch], counted: int | None = None
) -> dict[str, float]:
    """Return the chains' nats for each factor on `measured`, and their sum as `all`.

    counted: so many batches of the training stream are counted, else as many as make sense.
    """
    length = weighed.encoder.measured
    if counted is None:
        counted = min(COUNTED, 1 + ROUNDS * weighed.steps // (BATCH * length))

    def stream(first: int, count: int) -> Iterable[Batch]:
        return (training_batch(weighed, BATCH, length, seed, first + n) for n in range(count))

    representation = weighed.encoder.representation
    seen = pair_counts(representation, stream(0, counted))
    tuning = pair_counts(representation, stream(counted, min(TUNED, counted)))
    asked = pair_counts(representation, measured)
    figures = []
    for table, tune, ask in zip(seen, tuning, asked, strict=True):
        best = min(SMOOTHING, key=lambda value: nats(table, tune, value))
        figures.append(nats(table, ask, best))
    return totals(representation.names, np.array(figures))
