"""A tiny artifact with random weights, made in a moment, for tests that need any model."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from models.contract.document import FORMAT, KEY, Document, dump
from models.contract.pair import Output, Pair, Tensor
from models.contract.representation import Representation, limits, width
from models.contract.representations.performance import PERFORMANCE
from models.contract.stream import ADVANCE, NEXT, StreamSpec, TensorSpec

Likely = Mapping[str, Sequence[int]]

LIKELY: Likely = {
    "time": (0, 6, 12, 24),
    "pitch": (48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72, 74, 76),
    "velocity": tuple(range(14, 24)),
    "duration": (5, 11, 15, 17),
}
"""Classes that the biases favour, so that random weights still play something like music; of other factors all."""


def tiny_artifact(
    path: Path,
    hidden: int = 16,
    seed: int = 0,
    name: str = "tiny",
    written: Representation = PERFORMANCE,
    likely: Likely = LIKELY,
) -> Path:
    """Write an LSTM of one layer with random weights as an artifact; return its path."""
    state = tuple(TensorSpec(key, "float32", (1, 1, hidden)) for key in ("h", "c"))
    stream = written.stream(hidden, state)
    model = tiny_model(stream, hidden, seed, written, likely)
    document = tiny_document(model, stream, hidden, name, written)
    model.metadata_props.append(onnx.StringStringEntryProto(key=KEY, value=dump(document)))
    path.write_bytes(model.SerializeToString())
    return path


class _Graph:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, *shape: int, scale: float = 0.3) -> str:
        return self.constant(self.random.normal(0, scale, shape).astype(np.float32))

    def constant(self, values: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(values, f"w{len(self.weights)}"))
        return self.weights[-1].name

    def add(
        self, kind: str, *inputs: str, outputs: tuple[str, ...] = (), **attributes: object
    ) -> str:
        outputs = outputs or (f"v{len(self.nodes)}",)
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def embed(self, codes: str, classes: tuple[int, ...], width: int) -> str:
        """The sum over columns of one embedding each: all columns' rows in one table."""
        offsets = np.cumsum((0, *classes[:-1]))[None]
        rows = self.add("Add", codes, self.constant(offsets.astype(np.int64)))
        # Many codes side by side together say no more than a few others.
        scale = 0.3 if len(classes) <= 32 else 1.0 / len(classes)
        found = self.add("Gather", self.weight(sum(classes), width, scale=scale), rows)
        return self.add("ReduceSum", found, self.constant(np.array([1])), keepdims=0)


def tiny_model(
    stream: StreamSpec,
    hidden: int,
    seed: int,
    written: Representation = PERFORMANCE,
    likely: Likely = LIKELY,
) -> onnx.ModelProto:
    """The graph without its document."""
    graph = _Graph(seed)
    places = tuple(limits(written.conditions).tolist())
    embedded = graph.add(
        "Add",
        graph.embed("event", tuple(limits(written.inputs).tolist()), hidden),
        graph.embed("place", places, hidden),
    )
    graph.add(
        "LSTM",
        graph.add("Unsqueeze", embedded, graph.constant(np.array([0]))),
        graph.weight(1, 4 * hidden, hidden),
        graph.weight(1, 4 * hidden, hidden),
        graph.weight(1, 8 * hidden),
        "",
        "h",
        "c",
        outputs=("", "h" + NEXT, "c" + NEXT),
        hidden_size=hidden,
    )
    graph.add("Squeeze", "h" + NEXT, graph.constant(np.array([0])), outputs=("context",))
    for earlier, factor in enumerate(written.names):
        seen = "context"
        if written.read_by(earlier):
            seen = graph.add("Add", seen, graph.embed("onset", places, hidden))
        if written.factors[earlier].joint:
            own = tuple(limits(written.factors[: earlier + 1]).tolist())
            seen = graph.add("Add", seen, graph.embed(f"drawn_{factor}", own, hidden))
        elif earlier:
            drawn = tuple(limits(written.fed_back(earlier)).tolist())
            seen = graph.add("Add", seen, graph.embed(f"drawn_{factor}", drawn, hidden))
        column = written.factors[earlier]
        bias = np.full(column.classes, -5, np.float32)
        bias[list(likely.get(factor, range(column.classes)))] = 2
        bias = np.tile(bias, column.width)
        weight = graph.weight(hidden, len(bias))
        outputs = (f"{factor}_logits",)
        if column.shape:
            rows = graph.add("Gemm", seen, weight, graph.constant(bias))
            shape = graph.constant(np.array((1, *column.shape, column.classes)))
            graph.add("Reshape", rows, shape, outputs=outputs)
        else:
            graph.add("Gemm", seen, weight, graph.constant(bias), outputs=outputs)
    return _assemble(graph, stream)


def _assemble(graph: _Graph, stream: StreamSpec) -> onnx.ModelProto:
    made = {name for entry in stream.entries for name in entry.fetches}
    inputs, outputs = {}, {}
    for entry in stream.entries:
        inputs |= {s.name: s for s in (*entry.inputs, *entry.state) if s.name not in made}
        outputs |= {s.name: s for s in entry.outputs}
        outputs |= {s.name + NEXT: s for s in entry.state}
    value = helper.make_tensor_value_info
    kinds = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
    whole = helper.make_graph(
        graph.nodes,
        "tiny",
        [value(name, kinds[s.dtype], s.shape) for name, s in inputs.items()],
        [value(name, kinds[s.dtype], s.shape) for name, s in outputs.items()],
        graph.weights,
    )
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def tiny_document(
    model: onnx.ModelProto,
    stream: StreamSpec,
    hidden: int,
    name: str,
    written: Representation = PERFORMANCE,
) -> Document:
    """The document of a tiny model, with a golden pair that it really plays."""
    return Document(
        format=FORMAT,
        name=name,
        kind="events",
        net="lstm",
        config={"hidden": hidden, "layers": 1},
        representation=written.name,
        vocabulary={name: list(values) for name, values in written.vocabulary.items()},
        stream=stream,
        precision="fp32",
        licence="CC0-1.0",
        corpora=[],
        figures=[],
        pair=_pair(model, stream, written),
        parameters=sum(int(np.prod(weight.dims)) for weight in model.graph.initializer),
        notes="Random weights: for tests.",
    )


def _pair(model: onnx.ModelProto, stream: StreamSpec, written: Representation) -> Pair:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    events = [written.start_codes().tolist(), (limits(written.inputs) - 1).tolist()]
    onset = [0] * width(written.conditions)
    places = [onset, (limits(written.conditions) - 1).tolist()]
    last = len(written.factors) - 1
    drawn = [1] * max(written.told(last), written.drawn(last))
    feeds = {s.name: s.zeros() for s in stream.entry(ADVANCE).state}
    for place, factor in enumerate(written.names):
        if written.told(place):
            feeds[f"drawn_{factor}"] = np.array([drawn[: written.told(place)]])
    names = [output.name for output in session.get_outputs()]
    for event, place in zip(events, places, strict=True):
        feeds |= {
            "event": np.array([event]),
            "place": np.array([place]),
            "onset": np.array([onset]),
        }
        given = dict(zip(names, session.run(names, feeds), strict=True))
        feeds |= {s.name: given[s.name + NEXT] for s in stream.state}
    fed = {"event": np.array(events)[:, None], "place": np.array(places)[:, None]}
    inputs = {name: feeds[name] for name in feeds if name == "onset" or name.startswith("drawn")}
    outputs = {
        f"{factor}_logits": Output(Tensor.of(given[f"{factor}_logits"]), least=1e-4)
        for factor in written.names
    }
    return Pair(
        {name: Tensor.of(values) for name, values in {**fed, **inputs}.items()},
        outputs,
        {"fp32": 1e-3},
    )
