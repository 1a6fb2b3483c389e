"""A model of notes that can be stepped, whatever runs it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from models.contract.index import Index
from models.contract.representation import Codes, Representation
from models.contract.state import State
from models.contract.stream import Array, StreamSpec


class StepModel(Protocol):
    """A trunk that is fed steps, and heads that say what comes next, for V voices at a time.

    Row i gives to the bit what that voice gives alone, in every precision.
    Threads: one thread at a time may call it; what it keeps between calls shows in nothing but its speed.
    """

    @property
    def spec(self) -> StreamSpec:
        """Return what goes in and out."""

    @property
    def representation(self) -> Representation:
        """Return what a step is: its columns."""

    @property
    def index(self) -> Index:
        """Return which runs stand in what it has learned from, where that is known."""

    def initial_state(self) -> State:
        """Return the state before anything was played."""

    def advance(
        self, codes: Array, conditions: Array, states: Sequence[State]
    ) -> tuple[Array, list[State]]:
        """Feed each voice one step; return the contexts for the heads and the next states.

        codes: int64 (V, inputs). conditions: int64 (V, conditions), those of the step itself.
        contexts: float32 (V, width).
        """

    def logits(
        self,
        factor: int,
        context: Array,
        conditions: Array,
        drawn: Array,
        states: Sequence[State],
    ) -> Array:
        """Return one factor's logits for the next step, float32 (V, classes), or (V, n, classes) of n side by side.

        context, states: what `advance` has returned. factor: its place among the representation's. conditions:
        int64 (V, conditions), of the next step; a factor that is not placed reads what is asked alone. drawn:
        int64 (V, k), the codes that its head is told (`Representation.told`).
        """


Step = Callable[[Array, Array, State], tuple[Array, State]]
"""One voice's step: rows (1, inputs) and (1, conditions)."""


def in_turn(
    step: Step, codes: Array, conditions: Array, states: Sequence[State]
) -> tuple[Array, list[State]]:
    """Feed voices one after the other; see `StepModel.advance`.

    In one run over all rows, 8-bit weights scale what goes in by the largest number of all of them, and nothing
    promises that products of 32 bits round alike: what a voice plays would depend on who plays beside it.
    """
    if len(states) == 1:
        context, state = step(codes, conditions, states[0])
        return context, [state]
    each = zip(codes[:, None], conditions[:, None], states, strict=True)
    contexts, after = zip(*(step(*one) for one in each), strict=True)
    return np.concatenate(contexts), list(after)


def heads_in_turn(head: Callable[..., Array], states: Sequence[State], *given: Array) -> Array:
    """Ask a head for voices one after the other: what it is given, and what it says, has one row for each.

    The head is called with a voice's state, and its rows.
    """
    if len(states) == 1:
        return head(states[0], *given)
    rows = zip(states, *(one[:, None] for one in given), strict=True)
    return np.concatenate([head(*row) for row in rows])


def feed(model: StepModel, codes: Codes, conditions: Codes, state: State) -> tuple[Array, State]:
    """Feed one voice a step, (inputs,) with its conditions; return the context, (1, width), and the next state."""
    context, (after,) = model.advance(codes[None], conditions[None], (state,))
    return context, after
