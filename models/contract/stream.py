"""A model is a pure step, `(inputs, state) -> (outputs, state')`: what goes in, what comes out, what is kept.

In the ONNX file every state tensor `h` is an input `h` and an output `h_next`, matched by name,
never by order or shape. A state is a tensor that is small, or a log to which a step adds a row. To
rewind, recall or fork is to keep a reference to an old state: see `models.contract.state`.

After google/sequence-layers (`Steppable`), with the state as named tensors.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Tensors = Mapping[str, Array]
"""Named tensors; whoever holds one never writes into it."""

ADVANCE: Final = "advance"
"""The entry that is fed step by step; what it reads is run before it, all others after it."""
NEXT = "_next"
"""What a state tensor's output is called, after its input's name."""
STOOD: Final = "_stood"
"""What it is called as an input of other entries, which read it as it stands after the step."""


class TensorSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One tensor's name, element type and shape; the batch is always 1 on stage.

    log: of a state, 0, or how many rows of a log are kept: the graph takes the last so many,
    (1, log, ...), zeros before the beginning, and returns the next one. Then `shape` is a row's, (1, 1, ...).
    read: of a state, the entries that read it as it stands after the step.
    """

    name: str
    dtype: Literal["float32", "int64"]
    shape: tuple[int, ...]
    log: int = 0
    read: tuple[str, ...] = ()

    @property
    def fed(self) -> "TensorSpec":
        """Return the tensor that the graph takes."""
        shape = (1, self.log, *self.shape[2:]) if self.log else self.shape
        return TensorSpec(self.name, self.dtype, shape)

    @property
    def stood(self) -> "TensorSpec":
        """Return the tensor that an entry takes which reads it as it stands after the step."""
        return TensorSpec(self.name + STOOD, self.dtype, self.fed.shape)

    @property
    def made(self) -> "TensorSpec":
        """Return the tensor that the graph returns for the next step."""
        return TensorSpec(self.name + NEXT, self.dtype, self.shape)

    def zeros(self) -> Array:
        """Return zeros as the graph takes them."""
        return np.zeros(self.fed.shape, self.dtype)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way into the file: a part of the graph that is run by itself.

    A model of notes has `advance` (the trunk, the only one with state) and one head for each factor.
    reads: the states of another entry that it reads.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    state: tuple[TensorSpec, ...] = ()
    reads: tuple[TensorSpec, ...] = ()

    @property
    def feeds(self) -> tuple[str, ...]:
        """Return the names of all graph inputs, state included."""
        read = (spec.stood for spec in self.reads)
        return tuple(spec.name for spec in (*self.inputs, *self.state, *read))

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
