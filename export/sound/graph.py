"""Write an audio WaveNet as one ONNX graph, operator by operator, under its contract's names.

By hand and not traced: the weights in the file are what the compiled kernel reads by name, and a
sample must cost ONNX Runtime as few operators as can be.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.contract.samples import EXCITATION, FRAME, GATES, HEARD, LOGITS, SAMPLE, taps_name
from models.contract.sizes import Sizes
from models.contract.stream import NEXT, TensorSpec

OPSET: Final = 18
IR: Final = 10
_END: Final = 1 << 31


def sound_graph(weights: Mapping[str, NDArray[np.float32]], sizes: Sizes) -> onnx.ModelProto:
    """Return both entries in one graph; they meet at the tensor `gates`.

    weights: float32, under the names and in the shapes of `Sizes.weights`.
    """
    graph = _Graph()
    for name, shape in sizes.weights.items():
        values = np.ascontiguousarray(weights[name], np.float32)
        if values.shape != shape:
            raise ValueError(f"{name} has the shape {values.shape}, not {shape}")
        graph.hold(name, values)
    _condition(graph)
    _advance(graph, sizes)
    return graph.model(sizes)


class _Graph:
    """Operators and the tensors that they hold."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._held: list[onnx.TensorProto] = []

    def hold(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a tensor of the file; return its name."""
        self._held.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, inputs: tuple[str, ...], *outputs: str, **attributes: Any) -> str:
        """Add an operator; return the name of its first output."""
        self._nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def model(self, sizes: Sizes) -> onnx.ModelProto:
        """Return the whole as a model."""
        state = sizes.stream.state
        after = [TensorSpec(spec.name + NEXT, spec.dtype, spec.shape) for spec in state]
        gates = sizes.stream.entries[0].outputs
        graph = helper.make_graph(
            self._nodes,
            "sound",
            [_value(spec) for spec in (FRAME, SAMPLE, EXCITATION, *state)],
            [_value(spec) for spec in (*gates, LOGITS, *after)],
            self._held,
        )
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR)


def _value(spec: TensorSpec) -> onnx.ValueInfoProto:
    kind = TensorProto.FLOAT if spec.dtype == "float32" else TensorProto.INT64
    return helper.make_tensor_value_info(spec.name, kind, spec.shape)


def _condition(graph: _Graph) -> None:
    parts = np.array([HEARD, FRAME.shape[1] - HEARD], np.int64)
    graph.add("Split", (FRAME.name, graph.hold("parts", parts)), "struck", "ages", axis=1)
    heard = graph.add("Gemm", ("struck", "keys_in", "keys_in_bias"), "heard")
    swish = graph.add("Mul", (heard, graph.add("Sigmoid", (heard,), "opened")), "swish")
    graph.add("Gemm", (swish, "keys_out", "keys_out_bias"), GATES)


def _advance(graph: _Graph, sizes: Sizes) -> None:
    graph.hold("oldest", np.array(0, np.int64))
    graph.hold("axis", np.array([1], np.int64))
    graph.hold("end", np.array([_END], np.int64))
    graph.hold("halves", np.array([sizes.residual, sizes.residual], np.int64))
    graph.hold("shares", np.array([sizes.residual, sizes.skip], np.int64))
    layers = len(sizes.dilations)
    gates = [f"gates_{layer}" for layer in range(layers)]
    graph.add("Split", (GATES,), "still", *gates[1:], axis=1, num_outputs=layers)
    graph.add("Gemm", (EXCITATION.name, "excite", "still"), gates[0])
    now = graph.add("Gather", ("embed", SAMPLE.name), "now", axis=0)
    skips = []
    for layer, dilation in enumerate(sizes.dilations):
        _shift(graph, layer, dilation, now)
        residual, skip = _layer(graph, layer, now)
        skips.append(skip)
        now = graph.add("Add", (now, residual), f"above_{layer}")
    heard = graph.add("Relu", (graph.add("Sum", tuple(skips), "skips"),), "skips_relu")
    inner = graph.add("Gemm", (heard, "first", "first_bias"), "inner")
    outer = graph.add("Relu", (inner,), "inner_relu")
    graph.add("Gemm", (outer, "second", "second_bias"), LOGITS.name)


def _shift(graph: _Graph, layer: int, dilation: int, now: str) -> None:
    """Drop the oldest of a layer's inputs and append the one of now, (1, residual)."""
    taps = taps_name(layer)
    if dilation == 1:
        graph.add("Unsqueeze", (now, "axis"), taps + NEXT)
        return
    kept = graph.add("Slice", (taps, "axis", "end", "axis"), f"kept_{layer}")
    latest = graph.add("Unsqueeze", (now, "axis"), f"latest_{layer}")
    graph.add("Concat", (kept, latest), taps + NEXT, axis=1)


def _layer(graph: _Graph, layer: int, now: str) -> tuple[str, str]:
    """Return what a layer adds to its input, and to the skips."""
    # ONNX Runtime computes this once, at load: one product of a vector instead of two.
    both = (f"past_{layer}", f"now_{layer}")
    weight = graph.add("Concat", both, f"both_{layer}", axis=0)
    past = graph.add("Gather", (taps_name(layer), "oldest"), f"oldest_{layer}", axis=1)
    pair = graph.add("Concat", (past, now), f"pair_{layer}", axis=1)
    summed = graph.add("Gemm", (pair, weight, f"gates_{layer}"), f"gated_{layer}")
    left, right = f"left_{layer}", f"right_{layer}"
    graph.add("Split", (summed, "halves"), left, right, axis=1)
    bent = graph.add("Tanh", (left,), f"bent_{layer}")
    opened = graph.add("Sigmoid", (right,), f"opened_{layer}")
    given = graph.add("Mul", (bent, opened), f"z_{layer}")
    whole = graph.add("Gemm", (given, f"out_{layer}", f"out_bias_{layer}"), f"given_{layer}")
    residual, skip = f"residual_{layer}", f"skip_{layer}"
    graph.add("Split", (whole, "shares"), residual, skip, axis=1)
    return residual, skip
