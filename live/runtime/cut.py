"""Cut one graph into its entry points: the trunk and the heads, each a model of its own."""

from collections.abc import Iterable

import onnx
from onnx import TensorProto, helper

from live.runtime.graph import shape_of
from models.contract.errors import ArtifactError
from models.contract.stream import Entry, StreamSpec, TensorSpec


def check_spec(model: onnx.ModelProto, stream: StreamSpec, where: str) -> None:
    """Raise ArtifactError unless the graph has exactly the inputs and outputs of the document.

    An entry's input may also be another entry's output, as the heads' context is.
    """
    takes, gives = _specs(model.graph.input, where), _specs(model.graph.output, where)
    declared_gives = {spec.name: spec for entry in stream.entries for spec in outputs_of(entry)}
    declared_takes = {
        spec.name: spec
        for entry in stream.entries
        for spec in takes_of(entry)
        if spec.name not in declared_gives
    }
    for graph, declared, way in ((takes, declared_takes, "take"), (gives, declared_gives, "give")):
        for name in sorted(graph.keys() | declared.keys()):
            if graph.get(name) != declared.get(name):
                raise ArtifactError(
                    f"{where} says that it would {way} {_say(declared.get(name))} as {name!r}, "
                    f"but the graph has {_say(graph.get(name))}: export the model again."
                )


def takes_of(entry: Entry) -> tuple[TensorSpec, ...]:
    """Return the specs of all that running an entry takes, the state included."""
    read = (spec.stood for spec in entry.reads)
    return (*entry.inputs, *(spec.fed for spec in entry.state), *read)


def outputs_of(entry: Entry) -> tuple[TensorSpec, ...]:
    """Return the specs of all that running an entry gives, the next state included."""
    return (*entry.outputs, *(spec.made for spec in entry.state))


def part(model: onnx.ModelProto, entry: Entry, where: str) -> bytes:
    """Return one entry as a model of its own, which begins at the entry's inputs.

    Raises ArtifactError if it would need an input that the entry does not have.
    """
    takes = takes_of(entry)
    gives = outputs_of(entry)
    makers = {
        name: index for index, node in enumerate(model.graph.node) for name in node.output if name
    }
    inputs, held = (
        {spec.name for spec in takes},
        {tensor.name for tensor in model.graph.initializer},
    )
    needed: set[str] = set()
    kept: set[int] = set()
    waiting = [spec.name for spec in gives]
    while waiting:
        name = waiting.pop()
        if not name or name in needed or name in inputs:
            continue
        needed.add(name)
        if name in makers:
            kept.add(makers[name])
            waiting.extend(model.graph.node[makers[name]].input)
        elif name not in held:
            raise ArtifactError(
                f"{where} has an entry {entry.name!r} that also reads {name!r}: export it again."
            )
    # Put in place one by one, for helper's functions copy all of the weights twice.
    cut = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    cut.graph.name = entry.name
    cut.graph.node.extend(model.graph.node[index] for index in sorted(kept))
    cut.graph.input.extend(_value(spec) for spec in takes)
    cut.graph.output.extend(_value(spec) for spec in gives)
    cut.graph.initializer.extend(
        tensor for tensor in model.graph.initializer if tensor.name in needed
    )
    data: bytes = cut.SerializeToString()
    return data


def _specs(values: Iterable[onnx.ValueInfoProto], where: str) -> dict[str, TensorSpec]:
    found = {}
    for value in values:
        shape, kind = shape_of(value), value.type.tensor_type.elem_type
        if shape is None or kind not in (TensorProto.FLOAT, TensorProto.INT64):
            raise ArtifactError(
                f"{where} leaves the size or the type of {value.name!r} open: "
                f"export the model again."
            )
        found[value.name] = TensorSpec(
            value.name, "float32" if kind == TensorProto.FLOAT else "int64", shape
        )
    return found


def _value(spec: TensorSpec) -> onnx.ValueInfoProto:
    kind = TensorProto.FLOAT if spec.dtype == "float32" else TensorProto.INT64
    return helper.make_tensor_value_info(spec.name, kind, spec.shape)


def _say(spec: TensorSpec | None) -> str:
    return "nothing" if spec is None else f"{spec.dtype} {list(spec.shape)}"
