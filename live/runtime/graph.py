"""Look into an ONNX graph that a stranger may have made, and refuse what must not run.

Only plain arithmetic is let in: no control flow, no functions, no operators of unknown make, no
files beside the file, no tensor of unknown or absurd size. So a small file cannot ask for much
memory, and what passes here can be cut into its entry points safely.
"""

from collections.abc import Iterator
from math import prod
from typing import Final

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper, shape_inference

from live.runtime.claims import check_claims
from models.contract.errors import ArtifactError

MAX_NODES: Final = 5_000
MAX_ELEMENTS: Final = 1 << 25
"""The largest tensor that is kept or computed."""
MAX_COMPUTED: Final = 1 << 25
"""The most numbers that all operators together make in a step."""
_FEW: Final = 1 << 10
"""Numbers of a tensor that may say how another is reshaped, padded or cut, and more."""
MAX_OPSET: Final = 25
MAX_IR: Final = 13

_PLAIN: Final = """
Abs Add And BatchNormalization Cast Ceil Clip Concat Constant Conv CumSum DequantizeLinear Div
Dropout DynamicQuantizeLinear Elu Equal Erf Exp Flatten Floor GRU Gather GatherElements Gelu Gemm
Greater GroupNormalization HardSigmoid Identity LSTM LayerNormalization LeakyRelu Less Log
LogSoftmax MatMul MatMulInteger Max Mean Min Mish Mul Neg Not Or PRelu Pad Pow QuantizeLinear
RMSNormalization RNN Reciprocal ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape Round
ScatterElements Sigmoid Sign Slice Softmax Softplus Split Sqrt Squeeze Sub Sum Tanh Transpose Unsqueeze Where
"""
OPERATORS: Final = {
    "": frozenset(_PLAIN.split()),
    "com.microsoft": frozenset(
        ("DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "MatMulIntegerToFloat")
    ),
}
"""What a graph may be made of, by domain; the second are ONNX Runtime's own for 8-bit weights."""

_ARCHIVE: Final = b"PK\x03\x04"
"""How archives begin; checkpoints are such."""

_FIELDS: Final[dict[int, tuple[str, int]]] = {
    TensorProto.FLOAT: ("float_data", 4),
    TensorProto.DOUBLE: ("double_data", 8),
    TensorProto.FLOAT16: ("int32_data", 2),
    TensorProto.INT64: ("int64_data", 8),
    TensorProto.INT32: ("int32_data", 4),
    TensorProto.INT8: ("int32_data", 1),
    TensorProto.UINT8: ("int32_data", 1),
    TensorProto.BOOL: ("int32_data", 1),
}
"""Where a tensor of this type lies if not in raw_data, and the bytes of one element."""


def parse(data: bytes, where: str) -> onnx.ModelProto:
    """Return the model in these bytes; ArtifactError if they are not one, or only a part of one."""
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise ArtifactError(
            f"{where} is not an ONNX file, or only a part of one: {_instead(data, where)}."
        ) from error
    if not model.ir_version or not model.graph.node:
        raise ArtifactError(
            f"{where} is not an ONNX file: choose an artifact that extempo export wrote."
        )
    if model.ir_version > MAX_IR:
        raise ArtifactError(
            f"{where} is written in ONNX's form {model.ir_version}, newer than this extempo reads "
            f"({MAX_IR}): update extempo, or export the model again."
        )
    return model


def _instead(data: bytes, where: str) -> str:
    """Return what to do with bytes that are no model."""
    if data.startswith(_ARCHIVE):
        return f"of a checkpoint `extempo export {where} -o NAME.onnx` makes one, and other archives are unpacked first"
    return "choose one that extempo export wrote; if it is one, copy it again, or export the model again"


def check(model: onnx.ModelProto, where: str) -> None:
    """Raise ArtifactError, in one sentence, for whatever in the graph must not run."""
    _check_make(model, where)
    for tensor in _tensors(model):
        _check_tensor(tensor, where)
    bare = _bare(model)
    try:
        onnx.checker.check_model(bare)
        inferred = shape_inference.infer_shapes(
            bare, check_type=True, strict_mode=True, data_prop=True
        )
    except (
        onnx.checker.ValidationError,
        shape_inference.InferenceError,
        DecodeError,
        ValueError,
    ) as error:
        raise ArtifactError(
            f"{where} is broken inside ({_first_line(error)}): export the model again."
        ) from error
    _check_sizes(inferred, where)


def _check_make(model: onnx.ModelProto, where: str) -> None:
    graph = model.graph
    if (
        model.functions
        or model.training_info
        or graph.sparse_initializer
        or graph.quantization_annotation
    ):
        raise ArtifactError(
            f"{where} holds functions or training, which an artifact never has: it is not played."
        )
    if len({tensor.name for tensor in graph.initializer}) < len(graph.initializer):
        raise ArtifactError(f"{where} holds two weights of one name: export the model again.")
    if len(graph.node) > MAX_NODES:
        raise ArtifactError(
            f"{where} has {len(graph.node)} operators, more than {MAX_NODES}: it is not played."
        )
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and not 13 <= opset.version <= MAX_OPSET:
            raise ArtifactError(
                f"{where} needs ONNX operators of version {opset.version}, "
                f"this extempo knows 13 to {MAX_OPSET}: update extempo, or export the model again."
            )
    for node in graph.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        if node.op_type not in OPERATORS.get(domain, ()):
            name = f"{domain}.{node.op_type}" if domain else node.op_type
            raise ArtifactError(
                f"{where} asks for the operator {name!r}, which an artifact may not use: "
                f"it is not played."
            )
        if any(
            a.graphs or a.HasField("g") or a.sparse_tensors or a.HasField("sparse_tensor")
            for a in node.attribute
        ):
            raise ArtifactError(
                f"{where} hides a graph or a sparse tensor in {node.op_type!r}: it is not played."
            )


def _bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model without its large weights, which take part as inputs of their shapes.

    onnx copies what it looks into half a dozen times.
    """
    graph = model.graph
    taken = {value.name for value in graph.input}
    bare = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    for tensor in graph.initializer:
        if prod(tensor.dims) <= _FEW or tensor.name in taken:
            bare.graph.initializer.append(tensor)
        else:
            value = helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            bare.graph.input.append(value)
    bare.graph.name = graph.name
    bare.graph.node.extend(graph.node)
    bare.graph.input.extend(graph.input)
    bare.graph.output.extend(graph.output)
    bare.graph.value_info.extend(graph.value_info)
    return bare


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            yield from attribute.tensors
            if attribute.HasField("t"):
                yield attribute.t


def _check_tensor(tensor: onnx.TensorProto, where: str) -> None:
    name = tensor.name or "a constant"
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise ArtifactError(
            f"{where} keeps {name!r} in another file, which is not read: export it as one file."
        )
    if tensor.data_type not in _FIELDS or tensor.HasField("segment"):
        raise ArtifactError(
            f"{where} holds {name!r} in a type that an artifact never has: export the model again."
        )
    field, width = _FIELDS[tensor.data_type]
    count = prod(tensor.dims) if all(size >= 0 for size in tensor.dims) else -1
    held = (
        len(tensor.raw_data) / width if tensor.HasField("raw_data") else len(getattr(tensor, field))
    )
    if not 0 <= count <= MAX_ELEMENTS or held != count:
        raise ArtifactError(
            f"{where} says that {name!r} has the shape {list(tensor.dims)}, which is not what it "
            f"holds: copy it again, or export the model again."
        )
    values = numpy_helper.to_array(tensor)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ArtifactError(
            f"{where} has weights that are not numbers (in {name!r}): train or export it again."
        )


def _check_sizes(inferred: onnx.ModelProto, where: str) -> None:
    graph = inferred.graph
    known = {
        value.name: shape_of(value) for value in (*graph.value_info, *graph.input, *graph.output)
    }
    known |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    computed = 0
    for node in graph.node:
        for name in filter(None, node.output):
            shape = known.get(name)
            if shape is None:
                raise ArtifactError(
                    f"{where} does not tell the size of what {node.op_type!r} makes: "
                    f"export the model again."
                )
            if prod(shape) > MAX_ELEMENTS:
                raise ArtifactError(
                    f"{where} would make a tensor of the shape {list(shape)}: it is not played."
                )
            computed += prod(shape)
    if computed > MAX_COMPUTED:
        raise ArtifactError(
            f"{where} would make {computed:,} numbers in a step, more than {MAX_COMPUTED:,}: "
            f"it is not played."
        )
    check_claims(graph, known, where)


def shape_of(value: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    """Return a tensor's shape, or None where any part of it is open."""
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    if not all(size.HasField("dim_value") and size.dim_value >= 0 for size in tensor.shape.dim):
        return None
    return tuple(size.dim_value for size in tensor.shape.dim)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".:") if lines else type(error).__name__
