"""What the operators of ONNX Runtime's own make: ONNX cannot infer it, and believes what a file claims."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import onnx

from models.contract.errors import ArtifactError

Shape = tuple[int, ...]
_DOMAIN: Final = "com.microsoft"
_GATES: Final = 4


def check_claims(graph: onnx.GraphProto, known: Mapping[str, Shape | None], where: str) -> None:
    """Raise ArtifactError where such an operator makes something of another shape than the file says.

    known: all shapes, by name. Nodes come after what they read, so that the first lie is the one found.
    """
    for node in graph.node:
        if node.domain != _DOMAIN:
            continue
        try:
            makes = _MAKES[node.op_type](node, known)
        except (ValueError, IndexError, TypeError, KeyError) as error:
            raise ArtifactError(
                f"{where} gives {node.op_type!r} what it cannot compute with: export the model again."
            ) from error
        for name, shape in zip(node.output, makes, strict=False):
            if name and known.get(name) != shape:
                raise ArtifactError(
                    f"{where} says that {node.op_type!r} makes {list(known.get(name) or ())}, and it "
                    f"makes {list(shape)}: it is not played."
                )


def _product(node: onnx.NodeProto, known: Mapping[str, Shape | None]) -> list[Shape]:
    one, other = _read(node, known, 0), _read(node, known, 1)
    rows, inner = one[-2:]
    same, columns = other[-2:]
    if inner != same:
        raise ValueError("the matrices do not fit")
    return [(*np.broadcast_shapes(one[:-2], other[:-2]), rows, columns)]


def _recurrent(node: onnx.NodeProto, known: Mapping[str, Shape | None]) -> list[Shape]:
    length, batch, _ = _read(node, known, 0)
    ways, hidden, gates = _read(node, known, 2)
    if gates != _GATES * hidden:
        raise ValueError("the weights do not fit")
    return [(length, ways, batch, hidden), (ways, batch, hidden), (ways, batch, hidden)]


def _read(node: onnx.NodeProto, known: Mapping[str, Shape | None], index: int) -> Shape:
    shape = known[node.input[index]]
    if shape is None:
        raise ValueError("of unknown size")
    return shape


_MAKES: Final[dict[str, Callable[[onnx.NodeProto, Mapping[str, Shape | None]], list[Shape]]]] = {
    "DynamicQuantizeMatMul": _product,
    "MatMulIntegerToFloat": _product,
    "DynamicQuantizeLSTM": _recurrent,
}
"""The shapes of what each makes, in order; by the names in `live.runtime.graph.OPERATORS`."""
