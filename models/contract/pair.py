"""The golden pair: tensors that go into a model, and those that came out where it was made, to be replayed anywhere."""

from collections.abc import Mapping
from math import prod
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.stream import ADVANCE, Array, Entry, StreamSpec, Tensors, TensorSpec

MAX_STEPS: Final = 1 << 16
"""The most steps that are replayed to prove a model."""
MAX_NUMBERS: Final = 1 << 22
"""The most numbers that a tensor of a pair may have."""
_LARGEST: Final = 1 << 24
"""No input is larger: whole numbers count exactly up to here."""
_KINDS: Final = ("uint8", "int16", "int64")


class Tensor(msgspec.Struct, frozen=True):
    """A tensor as a document holds it.

    data: its numbers, little-endian, in the order of rows. at: of one that is mostly zeros, where each of
    these lies when all rows are laid end to end, int32; everything else is 0.
    """

    dtype: Literal["uint8", "int16", "int64", "float32"]
    shape: tuple[int, ...]
    data: bytes
    at: bytes | None = None

    @classmethod
    def of(cls, values: Array) -> "Tensor":
        """Return whole numbers in the shortest type that holds them, others as float32."""
        kept = np.asarray(values)
        kept = kept.astype(_shortest(kept) if kept.dtype.kind in "iu" else "float32")
        flat = kept.astype(kept.dtype.newbyteorder("<")).ravel()
        (places,) = flat.nonzero()
        at = None
        if len(places) * (4 + flat.itemsize) < flat.nbytes:
            flat, at = flat[places], places.astype("<i4").tobytes()
        return cls(str(kept.dtype), kept.shape, flat.tobytes(), at)  # type: ignore[arg-type]

    def array(self) -> Array:
        """Return it as int64 or float32, a copy. Raises ValueError where it does not hold what its shape says."""
        size = prod(self.shape)
        if any(length < 0 for length in self.shape):
            raise ValueError(f"{self.shape} is no shape")
        numbers = np.frombuffer(self.data, np.dtype(self.dtype).newbyteorder("<"))
        wide = np.float32 if self.dtype == "float32" else np.int64
        if self.at is not None:
            numbers = _spread(numbers, np.frombuffer(self.at, "<i4"), size)
        return np.array(numbers.reshape(self.shape), wide)


def _shortest(whole: Array) -> str:
    """Return the shortest type that holds these whole numbers."""
    for kind in _KINDS:
        if np.array_equal(whole, whole.astype(kind)):
            return kind
    raise ValueError("no type holds these numbers")


def _spread(numbers: Array, at: NDArray[np.int32], size: int) -> Array:
    """Return zeros, and these numbers in their places."""
    if len(at) != len(numbers) or (len(at) and not 0 <= at.min() <= at.max() < size):
        raise ValueError("numbers that have no place")
    flat = np.zeros(size, numbers.dtype)
    flat[at] = numbers
    return flat


def kept(tensors: Tensors) -> dict[str, Tensor]:
    """Return tensors as a document holds them."""
    return {name: Tensor.of(values) for name, values in tensors.items()}


class Output(msgspec.Struct, frozen=True):
    """What came out, and what of it has to come out again.

    logits: differences of log-probabilities over the last axis count, of classes that are given `least` or more.
    values: differences of the numbers count.
    """

    tensor: Tensor
    compared: Literal["logits", "values"] = "logits"
    least: float = 0.0


class Pair(msgspec.Struct, frozen=True):
    """Tensors in, tensors out, by their names in the file; the model begins with its initial state.

    inputs: what the step is made of has a leading axis, a row for each step (or for as many steps as one row of it
    holds for); what the other entries are given after the last step has none. What the model's player works out of
    other inputs is left out. outputs: of a step, those of the last steps, with a leading axis; of the other
    entries, those after the last step.
    tolerance: by precision, the largest difference that still counts as equal.
    """

    inputs: dict[str, Tensor]
    outputs: dict[str, Output]
    tolerance: dict[str, float]


class Inputs(msgspec.Struct, frozen=True):
    """What a way to write music down says of a model's inputs beyond their shapes.

    classes: of each that holds codes, how many each place may hold. every: steps that a row of it holds for, where that
    is not one. made: what the player works out of the others.
    """

    classes: Mapping[str, NDArray[np.int64]]
    every: Mapping[str, int] = {}
    made: frozenset[str] = frozenset()


def is_whole(pair: Pair, stream: StreamSpec, written: Inputs) -> bool:
    """Return whether a pair can be replayed by a model of this spec."""
    step = _step(stream)
    inner = {spec.name for entry in stream.entries for spec in entry.outputs}
    fed = {spec.name for entry in step for spec in entry.inputs} - inner
    given = {spec.name: spec for entry in stream.entries for spec in entry.inputs}
    given = {name: given[name] for name in given.keys() - inner - written.made}
    read = {spec.name for entry in stream.entries for spec in entry.inputs}
    said = {spec.name: spec for entry in stream.entries for spec in entry.outputs}
    said = {name: said[name] for name in said.keys() - read}
    last = {spec.name for entry in step for spec in entry.outputs}
    if pair.inputs.keys() != given.keys() or pair.outputs.keys() != said.keys():
        return False
    steps = max((pair.inputs[name].shape[:1] for name in given.keys() & fed), default=())
    if not steps or not 0 < steps[0] <= MAX_STEPS:
        return False
    (count,) = steps
    return (
        all(
            _fits(
                pair.inputs[name],
                spec,
                -(-count // written.every.get(name, 1)) if name in fed else 0,
            )
            and _may_go_in(pair.inputs[name], written.classes.get(name))
            for name, spec in given.items()
        )
        and all(
            _came_out(pair.outputs[name], spec, count if name in last else 0)
            for name, spec in said.items()
        )
        and all(np.isfinite(limit) and limit > 0 for limit in pair.tolerance.values())
    )


def _step(stream: StreamSpec) -> list[Entry]:
    """Return the entry that is fed step by step, and those whose outputs it reads."""
    reads, found = {spec.name for spec in stream.entry(ADVANCE).inputs}, []
    for entry in reversed(stream.entries):
        if entry.name == ADVANCE or reads & {spec.name for spec in entry.outputs}:
            found.append(entry)
            reads |= {spec.name for spec in entry.inputs}
    return found


def _fits(tensor: Tensor, spec: TensorSpec, rows: int) -> bool:
    """rows: of its leading axis, 0 for none."""
    return (
        tensor.shape == ((rows, *spec.shape) if rows else spec.shape)
        and (tensor.dtype == "float32") == (spec.dtype == "float32")
        and prod(tensor.shape) <= MAX_NUMBERS
    )


def _may_go_in(tensor: Tensor, classes: NDArray[np.int64] | None) -> bool:
    values = tensor.array()
    if tensor.dtype == "float32":
        return bool((np.abs(values) <= _LARGEST).all())
    if classes is None:
        return False
    codes = values.astype(np.int64)
    return bool(((codes >= 0) & (codes < classes)).all())


def _came_out(output: Output, spec: TensorSpec, steps: int) -> bool:
    tensor = output.tensor
    rows = tensor.shape[0] if steps and tensor.shape else 0
    return (
        (0 < rows <= steps or not steps)
        and _fits(tensor, spec, rows)
        and 0 <= output.least < 1
        and bool(np.isfinite(tensor.array()).all())
    )
