"""A small event model in numpy: random weights, real state, so that the engine is tested without a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from live.declared.knob import Kind
from live.runtime.opening import Opened
from models.contract.document import FORMAT, Document
from models.contract.index import NONE
from models.contract.representations.performance import NAME, PERFORMANCE
from models.contract.state import State
from models.contract.stepping import in_turn
from models.contract.stream import Array, StreamSpec

WIDTH = 12


class NumericModel:
    """A recurrent net with one tanh layer. A likely gap of half a beat keeps the music going."""

    spec = StreamSpec(entries=())
    representation = PERFORMANCE
    index = NONE

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.steps = 0
        self._inputs = [rng.normal(0, 0.6, (one.classes, WIDTH)) for one in PERFORMANCE.inputs]
        self._places = rng.normal(0, 0.3, (3, WIDTH))
        self._turn = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0] * 0.9
        self._heads = [rng.normal(0, 0.7, (WIDTH, one.classes)) for one in PERFORMANCE.factors]
        self._heads[0] *= 0.2
        self._drawn = rng.normal(0, 0.05, (3, WIDTH))
        self._bias = [np.zeros(one.classes) for one in PERFORMANCE.factors]
        self._bias[0][:] = -3.0
        self._bias[0][[0, 6, 12, 24]] = (0.5, 1.0, 3.0, 1.0)

    def initial_state(self) -> State:
        return State({"h": np.zeros((1, WIDTH))})

    def advance(
        self, events: Array, places: Array, states: Sequence[State]
    ) -> tuple[Array, list[State]]:
        return in_turn(self._step, events, places, states)

    def _step(self, event: Array, place: Array, state: State) -> tuple[Array, State]:
        self.steps += 1
        total = state.tensors["h"] @ self._turn + place @ self._places * 0.1
        for column, table in enumerate(self._inputs):
            total = total + table[event[0, column]]
        h = np.tanh(total)
        return h.astype(np.float32), State({"h": h})

    def logits(
        self, factor: int, context: Array, onset: Array, drawn: Array, states: Sequence[State]
    ) -> Array:
        shift = drawn @ self._drawn[: drawn.shape[1]] * 0.01 if drawn.size else 0.0
        return ((context + shift) @ self._heads[factor] + self._bias[factor]).astype(np.float32)


def opened(
    model: object,
    path: str,
    kind: Kind = "events",
    knobs: Mapping[str, float] = MappingProxyType({}),
) -> Opened:
    """An artifact that was opened without a file; its name and digest are the path."""
    document = Document(
        format=FORMAT, name=path, kind=kind, net="numeric", config={}, representation=NAME, vocabulary={},
        stream=StreamSpec(entries=()), precision="fp32", knobs=dict(knobs), licence="CC0-1.0", corpora=[], figures=[],
        parameters=0,
    )  # fmt: skip
    return Opened(document, path, Path(path), model)


def opener(path: str) -> Opened:
    """Open the model whose seed is the path's length."""
    return opened(NumericModel(len(path)), path)
