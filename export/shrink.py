"""Make an artifact smaller and faster: 8-bit weights for LSTMs and matrix products, large tables in half precision."""

import tempfile
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference
from onnxruntime.quantization import QuantType, quantize_dynamic

KINDS: Final = ("LSTM", "MatMul")
"""The operators whose weights become 8-bit; what goes in is quantised as it comes."""
LARGE: Final = 1 << 18
"""Numbers of a table that is worth halving."""
FLOAT: Final = onnx.TensorProto.FLOAT
_EXACT: Final = (".copying.", ".jointly.")
"""In the names of weights that stay as they are: scores are exponents, and a little off they copy for ever; codes
that are drawn jointly have a product each, all in one operator, which has no form of 8 bits."""


def to_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with 8-bit weights, and the sizes of all that ONNX itself cannot infer."""
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        marked = onnx.ModelProto()
        marked.CopyFrom(model)
        # Says that the graph is folded already, so that the quantiser does not ask for it.
        onnx.helper.set_model_props(marked, {"onnx.quant.pre_process": "onnxruntime.quant"})
        onnx.save(marked, plain)
        quantize_dynamic(
            plain,
            small,
            op_types_to_quantize=KINDS,
            nodes_to_exclude=_exact(model),
            weight_type=QuantType.QInt8,
            per_channel=True,
            # Seven bits: processors without VNNI add products in 16 bits, where eight would overflow.
            reduce_range=True,
        )
        shrunk = onnx.load(small)
    del shrunk.metadata_props[:]
    _halve_tables(shrunk)
    _add_sizes(shrunk, model)
    return shrunk


def _exact(model: onnx.ModelProto) -> list[str]:
    """Return the names of the products that stay exact, as they are and as the quantiser renames them."""
    names = [
        node.name
        for node in model.graph.node
        if any(part in name for name in node.input for part in _EXACT)
    ]
    return [*names, *(name + "_MatMul" for name in names)]


def _halve_tables(model: onnx.ModelProto) -> None:
    """Keep large tables of embeddings in half precision; the rows that are looked up become float32 again."""
    graph = model.graph
    large = {one.name: one for one in graph.initializer if prod(one.dims) >= LARGE}
    nodes = list(graph.node)
    for name, one in large.items():
        uses = [node for node in nodes if name in node.input]
        if one.data_type != FLOAT or any(node.op_type != "Gather" for node in uses):
            continue
        one.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(one).astype(np.float16), name))
        for node in uses:
            (found,) = node.output
            node.output[0] = found + "_half"
            cast = onnx.helper.make_node("Cast", [found + "_half"], [found], to=FLOAT)
            nodes.insert(nodes.index(node) + 1, cast)
    del graph.node[:]
    graph.node.extend(nodes)


def _add_sizes(shrunk: onnx.ModelProto, model: onnx.ModelProto) -> None:
    """Say how large the results of operators are that only ONNX Runtime knows."""
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    known = {value.name: value for value in inferred.graph.value_info}
    named = {value.name for value in (*shrunk.graph.value_info, *shrunk.graph.output)}
    for node in shrunk.graph.node:
        if node.domain == "com.microsoft":
            for name in node.output:
                if name in known and name not in named:
                    shrunk.graph.value_info.append(known[name])
