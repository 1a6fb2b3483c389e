"""Where everything lies in the memory of an audio WaveNet: weights, taps and scratch."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from live.runtime.sound.compiled.layout import Matrix, Packer, Places, Target, across, down
from models.contract.samples import CHANNELS, CLASSES, HEARD
from models.contract.sizes import Sizes

CHUNK: Final = 16
"""Samples whose past taps are multiplied together: more reads weights less often."""

Weights = Mapping[str, NDArray[np.float32]]


class Shape(msgspec.Struct, frozen=True):
    """What the code is specialised to."""

    residual: int
    skip: int
    condition: int
    dilations: tuple[int, ...]

    @classmethod
    def of(cls, sizes: Sizes) -> "Shape":
        """Return the shape of a network of these sizes."""
        return cls(sizes.residual, sizes.skip, sizes.condition, sizes.dilations)

    @property
    def layers(self) -> int:
        """Return how many layers there are."""
        return len(self.dilations)


class LayerMatrices(NamedTuple):
    """A layer's matrices: from past taps to gates, from what is heard now to gates, and on from there."""

    past: Matrix
    now: Matrix
    out: Matrix


class Layout(Places):
    """The places of all weights, taps and scratch for one shape on one processor. Read-only."""

    def __init__(self, shape: Shape, target: Target) -> None:
        super().__init__(target)
        self.shape = shape
        self.residual = self.padded(shape.residual)
        self.skip = self.padded(shape.skip)
        self.condition = self.padded(shape.condition)
        self.gates = 2 * self.residual
        layers = shape.layers
        self.embed = self.numbers(CLASSES * self.residual)
        self.out_bias = self.numbers(layers * self.residual)
        self.skip_bias = self.numbers(self.skip)
        self.first_bias = self.numbers(self.skip)
        self.second_bias = self.numbers(CLASSES)
        self.keys_in = self.numbers(HEARD * self.condition)
        self.keys_in_bias = self.numbers(self.condition)
        self.keys_out_bias = self.numbers(layers * self.gates)
        self.excite = self.numbers(CHANNELS * self.gates)
        wide, many = self.widest(1), self.widest(CHUNK)
        # In the order in which a sample reads them, for the processor fetches ahead.
        self.layers = tuple(
            LayerMatrices(
                self.matrix(self.residual, self.gates, many),
                self.matrix(self.residual, self.gates, wide),
                self.matrix(self.residual, self.residual, wide),
            )
            for _ in range(layers)
        )
        self.skips = self.matrix(layers * self.residual, self.skip, wide)
        self.first = self.matrix(self.skip, self.skip, wide)
        self.second = self.matrix(self.skip, CLASSES, wide)
        self.keys_out = self.matrix(self.condition, layers * self.gates, wide)

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


def pack(weights: Weights, layout: Layout) -> NDArray[np.uint8]:
    """Return all weights in one piece of memory, as the code reads them. Read-only."""
    packer = Packer(layout)
    packer.numbers(layout.embed, across(weights["embed"], layout.residual))
    _pack_layers(packer, weights, layout)
    _pack_head(packer, weights, layout)
    _pack_condition(packer, weights, layout)
    packer.numbers(layout.excite, _gates(weights["excite"], layout.residual))
    packer.memory.setflags(write=False)
    return packer.memory


def _pack_layers(packer: Packer, weights: Weights, layout: Layout) -> None:
    residual = layout.shape.residual
    biases, skips, skip_bias = [], [], np.zeros(layout.shape.skip, np.float32)
    for layer, (past, now, out) in enumerate(layout.layers):
        packer.matrix(past, _gates(weights[f"past_{layer}"], layout.residual))
        packer.matrix(now, _gates(weights[f"now_{layer}"], layout.residual))
        both, bias = weights[f"out_{layer}"], weights[f"out_bias_{layer}"]
        packer.matrix(out, across(both[:, :residual], layout.residual))
        biases.append(across(bias[None, :residual], layout.residual))
        skips.append(down(both[:, residual:], layout.residual))
        skip_bias += bias[residual:]
    packer.numbers(layout.out_bias, np.concatenate(biases))
    packer.matrix(layout.skips, across(np.concatenate(skips), layout.skip))
    packer.numbers(layout.skip_bias, across(skip_bias[None], layout.skip))


def _pack_head(packer: Packer, weights: Weights, layout: Layout) -> None:
    packer.matrix(layout.first, across(weights["first"], layout.skip))
    packer.numbers(layout.first_bias, across(weights["first_bias"][None], layout.skip))
    packer.matrix(layout.second, weights["second"])
    packer.numbers(layout.second_bias, weights["second_bias"])


def _pack_condition(packer: Packer, weights: Weights, layout: Layout) -> None:
    layers, residual = layout.shape.layers, layout.shape.residual
    for name, place in (("keys_in", layout.keys_in), ("keys_in_bias", layout.keys_in_bias)):
        packer.numbers(place, across(np.atleast_2d(weights[name]), layout.condition))
    packer.matrix(layout.keys_out, _each_half(weights["keys_out"], layers, residual, layout))
    bias = _each_half(weights["keys_out_bias"][None], layers, residual, layout)
    packer.numbers(layout.keys_out_bias, bias)


def _each_half(
    rows: NDArray[np.float32], layers: int, residual: int, layout: Layout
) -> NDArray[np.float32]:
    """Round both halves of every layer's gates up."""
    wide = np.zeros((len(rows), layers * 2, layout.residual), np.float32)
    wide[..., :residual] = rows.reshape(len(rows), layers * 2, residual)
    return wide.reshape(len(rows), -1)


def _gates(matrix: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Round both halves of the columns up."""
    one, other = np.split(matrix, 2, axis=1)
    return np.concatenate((across(one, size), across(other, size)), axis=1)
