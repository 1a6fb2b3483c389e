"""A model of notes that can be stepped, whatever runs it."""

from typing import Protocol

from models.contract.representation import Representation
from models.contract.stream import Array, StreamSpec, Tensors


class StepModel(Protocol):
    """A trunk that is fed steps, and heads that say what comes next.

    Threads: one thread at a time may call it; it keeps nothing between calls.
    """

    @property
    def spec(self) -> StreamSpec:
        """Return what goes in and out."""

    @property
    def representation(self) -> Representation:
        """Return what a step is: its columns."""

    def initial_state(self) -> Tensors:
        """Return the state before anything was played."""

    def advance(self, codes: Array, conditions: Array, state: Tensors) -> tuple[Array, Tensors]:
        """Feed one step; return the context for the heads and the next state.

        codes: int64 (1, inputs). conditions: int64 (1, conditions), those of the step itself.
        context: float32 (1, width).
        """

    def logits(self, factor: int, context: Array, conditions: Array, drawn: Array) -> Array:
        """Return one factor's logits for the next step, float32 (1, classes), or (1, n, classes) of n side by side.

        factor: its place among the representation's. conditions: int64 (1, conditions), of the next step; not
        read by a factor that is not placed. drawn: int64 (1, k), the codes of the factors before this one.
        """
