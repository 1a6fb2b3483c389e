"""How well an artifact foretells held-out music, computed by the runtime that plays it on stage."""

from collections.abc import Iterable

import numpy as np

from live.runtime.golden import log_softmax
from models.contract.performance import FACTORS
from models.contract.stepping import StepModel
from models.corpus.windows import Batch


def nats_an_event(model: StepModel, batches: Iterable[Batch]) -> dict[str, float]:
    """Return nats by factor, and their sum as `all`, stepping through every window."""
    sums, counts = np.zeros(len(FACTORS)), np.zeros(len(FACTORS))
    for batch in batches:
        for events, places, scored in zip(batch.events, batch.places, batch.scored, strict=True):
            sums += _window(model, events, places, scored)
            counts += scored.sum(0)
    nats = sums / counts
    return {**dict(zip(FACTORS, nats.tolist(), strict=True)), "all": float(nats.sum())}


def _window(
    model: StepModel,
    events: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    places: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    scored: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the sums of nats by factor over one window of START and T events."""
    sums = np.zeros(len(FACTORS))
    state = model.initial_state()
    for index, wanted in enumerate(scored):
        if not wanted.any():
            break
        at, following = slice(index, index + 1), slice(index + 1, index + 2)
        context, state = model.advance(events[at], places[at], state)
        for k in range(len(FACTORS)):
            if wanted[k]:
                logits = model.logits(k, context, places[following], events[following, :k])
                sums[k] -= log_softmax(logits)[0, events[index + 1, k]]
    return sums
