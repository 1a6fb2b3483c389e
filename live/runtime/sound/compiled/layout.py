"""Where everything lies in the memory of a network that plays sound: weights, taps and scratch.

Sizes are rounded up to whole vectors, and what is added holds zeros, which change nothing.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.samples import CHANNELS, CLASSES, HEARD

CHUNK: Final = 16
"""Samples whose past taps are multiplied together: more reads weights less often."""
LINE: Final = 64
"""Bytes to which memory is aligned: one line of the cache, one vector at most."""

Weights = Mapping[str, NDArray[np.float32]]


class Target(msgspec.Struct, frozen=True):
    """A processor, as far as the code for it differs. lanes: floats in a vector. registers: vectors."""

    name: str
    features: str
    lanes: int
    registers: int


class Shape(msgspec.Struct, frozen=True):
    """What the code is specialised to."""

    residual: int
    skip: int
    condition: int
    dilations: tuple[int, ...]

    @property
    def layers(self) -> int:
        """Return how many layers there are."""
        return len(self.dilations)


class Matrix(msgspec.Struct, frozen=True):
    """A matrix in memory: groups of whole columns, row after row within a group.

    start: where it begins, in bytes. groups: of each its first column and width, in vectors, and where
    it begins in the matrix, in floats.
    """

    start: int
    rows: int
    columns: int
    groups: tuple[tuple[int, int, int], ...]

    @property
    def size(self) -> int:
        """Return its bytes."""
        return self.rows * self.columns * 4


class LayerMatrices(NamedTuple):
    """A layer's matrices: from past taps to gates, from what is heard now to gates, and on from there."""

    past: Matrix
    now: Matrix
    out: Matrix


class Layout:
    """The places of all weights, taps and scratch for one shape on one processor. Read-only."""

    def __init__(self, shape: Shape, target: Target) -> None:
        self.shape, self.target = shape, target
        self.lanes = target.lanes
        self.residual = self.padded(shape.residual)
        self.skip = self.padded(shape.skip)
        self.condition = self.padded(shape.condition)
        self.gates = 2 * self.residual
        self._end = 0
        layers = shape.layers
        self.embed = self._numbers(CLASSES * self.residual)
        self.out_bias = self._numbers(layers * self.residual)
        self.skip_bias = self._numbers(self.skip)
        self.first_bias = self._numbers(self.skip)
        self.second_bias = self._numbers(CLASSES)
        self.keys_in = self._numbers(HEARD * self.condition)
        self.keys_in_bias = self._numbers(self.condition)
        self.keys_out_bias = self._numbers(layers * self.gates)
        self.excite = self._numbers(CHANNELS * self.gates)
        wide, many = self._widest(1), self._widest(CHUNK)
        # In the order in which a sample reads them, for the processor fetches ahead.
        self.layers = tuple(
            LayerMatrices(
                self._matrix(self.residual, self.gates, many),
                self._matrix(self.residual, self.gates, wide),
                self._matrix(self.residual, self.residual, wide),
            )
            for _ in range(layers)
        )
        self.skips = self._matrix(layers * self.residual, self.skip, wide)
        self.first = self._matrix(self.skip, self.skip, wide)
        self.second = self._matrix(self.skip, CLASSES, wide)
        self.keys_out = self._matrix(self.condition, layers * self.gates, wide)

    @property
    def bytes(self) -> int:
        """Return how many bytes the weights take."""
        return self._end

    @cached_property
    def taps(self) -> tuple[int, ...]:
        """Return where each layer's taps begin, in floats, and at last where they end."""
        ends = np.cumsum([0, *self.shape.dilations]) * self.residual
        return tuple(int(end) for end in ends)

    @property
    def state(self) -> int:
        """Return how many floats a stream's state has: the taps, then the logits."""
        return self.taps[-1] + CLASSES

    @cached_property
    def scratch(self) -> dict[str, int]:
        """Return where each piece of scratch begins, in floats; `end` is its size."""
        sizes = {
            "gates": self.shape.layers * self.gates,
            "still": self.gates,
            "sums": self.shape.layers * CHUNK * self.gates,
            "now": CHUNK * self.residual,
            "outs": CHUNK * self.shape.layers * self.residual,
            "hidden": self.condition,
            "skips": self.skip,
            "deep": self.skip,
            "listed": 2 * self.skip,
            "weights": CLASSES,
            "end": 0,
        }
        starts = np.cumsum([0, *sizes.values()])
        return {name: int(start) for name, start in zip(sizes, starts, strict=False)}

    def padded(self, size: int) -> int:
        """Return a size rounded up to whole vectors."""
        return -(-size // self.lanes) * self.lanes

    def tile(self, matrix: Matrix) -> int:
        """Return how many samples at once go through a matrix: so many sums fit the registers."""
        width = max(width for _, width, _ in matrix.groups)
        return max(1, min(4, self._sums // width))

    @property
    def _sums(self) -> int:
        """Registers for sums; the others hold what comes in."""
        return self.target.registers - 8 if self.target.registers >= 32 else 12

    def _widest(self, samples: int) -> int:
        return 4 if samples > 1 else min(16, self._sums)

    def _numbers(self, count: int) -> int:
        start = self._end
        self._end += -(-count * 4 // LINE) * LINE
        return start

    def _matrix(self, rows: int, columns: int, widest: int) -> Matrix:
        vectors = columns // self.lanes
        groups = tuple(
            (first, min(widest, vectors - first), first * rows * self.lanes)
            for first in range(0, vectors, widest)
        )
        matrix = Matrix(self._end, rows, columns, groups)
        self._end += -(-matrix.size // LINE) * LINE
        return matrix


def room(count: int) -> NDArray[np.float32]:
    """Return zeros that begin at a line of the cache."""
    raw = np.zeros(count * 4 + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    held: NDArray[np.float32] = raw[start : start + count * 4].view(np.float32)
    return held


def pack(weights: Weights, layout: Layout) -> NDArray[np.uint8]:
    """Return all weights in one piece of memory, as the code reads them. Read-only."""
    memory = room(layout.bytes // 4).view(np.uint8)
    packer = _Packer(memory, layout)
    packer.numbers(layout.embed, packer.across(weights["embed"], layout.residual))
    packer.layers(weights)
    packer.head(weights)
    packer.condition(weights)
    packer.numbers(layout.excite, packer.gates(weights["excite"]))
    memory.setflags(write=False)
    return memory


class _Packer:
    def __init__(self, memory: NDArray[np.uint8], layout: Layout) -> None:
        self.memory, self.layout = memory, layout

    def layers(self, weights: Weights) -> None:
        layout, residual = self.layout, self.layout.shape.residual
        biases, skips, skip_bias = [], [], np.zeros(layout.shape.skip, np.float32)
        for layer, (past, now, out) in enumerate(layout.layers):
            self.matrix(past, self.gates(weights[f"past_{layer}"]))
            self.matrix(now, self.gates(weights[f"now_{layer}"]))
            both, bias = weights[f"out_{layer}"], weights[f"out_bias_{layer}"]
            self.matrix(out, self.across(both[:, :residual], layout.residual))
            biases.append(self.across(bias[None, :residual], layout.residual))
            skips.append(self.down(both[:, residual:], layout.residual))
            skip_bias += bias[residual:]
        self.numbers(layout.out_bias, np.concatenate(biases))
        self.matrix(layout.skips, self.across(np.concatenate(skips), layout.skip))
        self.numbers(layout.skip_bias, self.across(skip_bias[None], layout.skip))

    def head(self, weights: Weights) -> None:
        layout = self.layout
        self.matrix(layout.first, self.across(weights["first"], layout.skip))
        self.numbers(layout.first_bias, self.across(weights["first_bias"][None], layout.skip))
        self.matrix(layout.second, weights["second"])
        self.numbers(layout.second_bias, weights["second_bias"])

    def condition(self, weights: Weights) -> None:
        layout, layers = self.layout, self.layout.shape.layers
        for name in ("keys_in", "keys_in_bias"):
            rows = np.atleast_2d(weights[name])
            self.numbers(getattr(layout, name), self.across(rows, layout.condition))
        for name in ("keys_out", "keys_out_bias"):
            rows = np.atleast_2d(weights[name])
            each = rows.reshape(len(rows), layers * 2, layout.shape.residual)
            wide = np.zeros((len(rows), layers * 2, layout.residual), np.float32)
            wide[..., : layout.shape.residual] = each
            if name == "keys_out":
                self.matrix(layout.keys_out, wide.reshape(len(rows), -1))
            else:
                self.numbers(layout.keys_out_bias, wide)

    def gates(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Round both halves of the columns up."""
        one, other = np.split(matrix, 2, axis=1)
        size = self.layout.residual
        return np.concatenate((self.across(one, size), self.across(other, size)), axis=1)

    def across(self, matrix: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        return np.pad(matrix, ((0, 0), (0, size - matrix.shape[1])))

    def down(self, matrix: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        return np.pad(matrix, ((0, size - len(matrix)), (0, 0)))

    def numbers(self, start: int, values: NDArray[np.float32]) -> None:
        self.memory[start : start + 4 * values.size].view(np.float32)[:] = values.ravel()

    def matrix(self, place: Matrix, values: NDArray[np.float32]) -> None:
        rows = self.down(values, place.rows)
        lanes = self.layout.lanes
        parts = [
            rows[:, first * lanes : (first + width) * lanes].ravel()
            for first, width, _ in place.groups
        ]
        self.numbers(place.start, np.concatenate(parts))
