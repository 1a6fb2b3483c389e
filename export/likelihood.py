"""How well an artifact foretells held-out music, computed by the runtime that plays it on stage."""

from collections.abc import Iterable

import numpy as np

from live.runtime.golden import log_softmax
from models.contract.representation import Codes
from models.contract.stepping import StepModel, feed
from models.corpus.encoders.encoder import Steps
from models.corpus.windows import Batch
from models.train.evaluate import totals


def nats_a_step(model: StepModel, batches: Iterable[Batch]) -> dict[str, float]:
    """Return nats by factor, and their sum as `all`, stepping through every window."""
    names = model.representation.names
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for batch in batches:
        for codes, conditions, scored in zip(
            batch.codes, batch.conditions, batch.scored, strict=True
        ):
            sums += _window(model, Steps(codes, conditions, scored))
            counts += scored.sum(0)
    return totals(names, sums / counts)


def _window(model: StepModel, steps: Steps) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the sums of nats by factor over one window."""
    representation = model.representation
    sums = np.zeros(len(representation.factors))
    drawn: Codes = np.ascontiguousarray(steps.codes[:, representation.targets()])
    state = model.initial_state()
    for index, wanted in enumerate(steps.scored):
        if not wanted.any():
            break
        after = slice(index + 1, index + 2)
        context, state = feed(model, steps.codes[index], steps.conditions[index], state)
        for k in wanted.nonzero()[0].tolist():
            first, column = representation.drawn(k), representation.factors[k]
            given = drawn[after, :first]
            logits = model.logits(k, context, steps.conditions[after], given, (state,))
            logs = log_softmax(logits).reshape(column.width, column.classes)
            true = drawn[index + 1, first : first + column.width]
            sums[k] -= logs[np.arange(column.width), true].sum()
    return sums
