"""A model is a pure step, `(inputs, state) -> (outputs, state')`: what goes in, what comes out, what is kept.

In the ONNX file every state tensor `h` is an input `h` and an output `h_next`, matched by name,
never by order or shape. To rewind, recall or fork is to keep a reference to an old state.

After google/sequence-layers (`Steppable`), with the state as named tensors.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Tensors = Mapping[str, Array]
"""Named tensors; whoever holds one never writes into it."""

NEXT = "_next"
"""What a state tensor's output is called, after its input's name."""


class TensorSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tensor's name, element type and shape; the batch is always 1 on stage."""

    name: str
    dtype: Literal["float32", "int64"]
    shape: tuple[int, ...]

    def zeros(self) -> Array:
        """Return a tensor of zeros of this shape and type."""
        return np.zeros(self.shape, self.dtype)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way into the file: a part of the graph that is run by itself.

    An event model has `advance` (the trunk, the only one with state) and one head for each factor.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    state: tuple[TensorSpec, ...] = ()

    @property
    def feeds(self) -> tuple[str, ...]:
        """Return the names of all graph inputs, state included."""
        return tuple(spec.name for spec in (*self.inputs, *self.state))

    @property
    def fetches(self) -> tuple[str, ...]:
        """Return the names of all graph outputs, next state included."""
        return (*(spec.name for spec in self.outputs), *(spec.name + NEXT for spec in self.state))


class StreamSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a streaming model is, seen from outside.

    block: steps consumed by one call. latency: steps to drop before the stepped output equals
    the output over the whole sequence.
    """

    entries: tuple[Entry, ...]
    block: int = 1
    latency: int = 0

    def entry(self, name: str) -> Entry:
        """Return the entry called `name`; KeyError if the model has none."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(name)

    @property
    def state(self) -> tuple[TensorSpec, ...]:
        """Return the state tensors of all entries."""
        return tuple(spec for entry in self.entries for spec in entry.state)


class EventStream(Protocol):
    """An event model that can be stepped, whatever runs it.

    Threads: one thread at a time may call it; it keeps nothing between calls.
    """

    @property
    def spec(self) -> StreamSpec:
        """Return what goes in and out."""

    def initial_state(self) -> Tensors:
        """Return the state before anything was played."""

    def advance(self, event: Array, place: Array, state: Tensors) -> tuple[Array, Tensors]:
        """Feed one event; return the context for the heads and the next state.

        event: int64 (1, 5), codes of time, pitch, velocity, duration, instrument.
        place: int64 (1, 3), the event's own onset as beat in the bar, tick in the beat, metre.
        context: float32 (1, width).
        """

    def logits(self, factor: str, context: Array, onset: Array, drawn: Array) -> Array:
        """Return one factor's logits, float32 (1, classes), for the next event.

        onset: int64 (1, 3), the place of the next event (not read by the `time` head).
        drawn: int64 (1, k), codes of the k factors before this one.
        """
