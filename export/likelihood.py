"""How well an artifact foretells held-out music, computed by the runtime that plays it on stage."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.runtime.golden import log_softmax
from models.contract.representation import Codes
from models.contract.state import State
from models.contract.stepping import StepModel, feed
from models.contract.stream import Array
from models.corpus.encoders.encoder import Steps
from models.corpus.windows import Batch
from models.train.evaluate import totals


class Foretold(NamedTuple):
    """What a model says of one factor of a step that is known.

    logs: log-probabilities, float64 (n, classes), of n codes side by side. true: the codes, (n,).
    """

    factor: int
    logs: NDArray[np.float64]
    true: Codes

    @property
    def nats(self) -> float:
        """Return how surprising the codes are."""
        return float(-self.logs[np.arange(len(self.true)), self.true].sum())


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


def _window(model: StepModel, steps: Steps) -> NDArray[np.float64]:
    """Return the sums of nats by factor over one window."""
    sums = np.zeros(len(model.representation.factors))
    state = model.initial_state()
    for index, wanted in enumerate(steps.scored):
        if not wanted.any():
            break
        context, state = feed(model, steps.codes[index], steps.conditions[index], state)
        for said in foretold(model, steps, index, context, state):
            sums[said.factor] += said.nats
    return sums


def foretold(
    model: StepModel, steps: Steps, index: int, context: Array, state: State
) -> Iterator[Foretold]:
    """Yield what is said of the step after this one, factor by factor, where it is scored.

    context, state: what `feed` has returned for the step `index`.
    """
    representation = model.representation
    after = slice(index + 1, index + 2)
    drawn: Codes = np.ascontiguousarray(steps.codes[after, representation.targets()])
    for k in steps.scored[index].nonzero()[0].tolist():
        first, column = representation.drawn(k), representation.factors[k]
        given = drawn[:, : representation.told(k)]
        logits = model.logits(k, context, steps.conditions[after], given, (state,))
        logs = log_softmax(logits).reshape(column.width, column.classes)
        yield Foretold(k, logs, drawn[0, first : first + column.width])
