"""Read the weights of a network that plays sound out of its artifact."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from live.runtime.prepare import Prepared
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.sizes import Sizes


def read(prepared: Prepared) -> dict[str, NDArray[np.float32]]:
    """Return every weight by the name that the contract gives it.

    Raises ArtifactError where one is missing, has another shape or is not a number.
    """
    tensors: list[onnx.TensorProto] = []
    for graph in prepared.graphs.values():
        data = graph if isinstance(graph, bytes) else Path(graph).read_bytes()
        tensors.extend(onnx.ModelProto.FromString(data).graph.initializer)
    return among(tensors, prepared.document, str(prepared.path))


def among(
    tensors: Iterable[onnx.TensorProto], document: Document, where: str
) -> dict[str, NDArray[np.float32]]:
    """Return every weight of the network that the document describes from a graph's tensors.

    Raises ArtifactError, naming the file `where`, where one is missing or is not what it should be.
    """
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    wanted = Sizes.of(document.config, where).weights
    for name, size in wanted.items():
        _check(held.get(name), name, size, where)
    return {name: np.asarray(held[name], np.float32) for name in wanted}


def _check(
    weight: NDArray[np.generic] | None, name: str, size: tuple[int, ...], where: str
) -> None:
    if weight is None or weight.shape != size or weight.dtype.kind != "f":
        said = "nothing" if weight is None else f"{weight.dtype} {list(weight.shape)}"
        raise ArtifactError(
            f"{where} should hold {list(size)} weights called {name!r} and has {said}: "
            f"export the model again."
        )
    if not np.isfinite(weight).all():
        raise ArtifactError(
            f"{where} has weights that are not numbers (in {name!r}): train or export it again."
        )
