"""The weights of a network that plays sound, apart from its graph: numbers only, in the contract's order.

Whoever prepares an artifact takes them out of the graph; whoever plays it reads them without
importing onnx, which would hold the interpreter for some 100 ms while other voices play.
"""

from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from live.runtime.prepared import Prepared
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.sizes import Sizes

if TYPE_CHECKING:
    import onnx

_NUMBER: Final = np.dtype("<f4")


def read(prepared: Prepared) -> Mapping[str, NDArray[np.float32]]:
    """Return every weight by the name that the contract gives it. Read-only.

    Raises ArtifactError if the cache was damaged since the artifact was prepared.
    """
    held = prepared.weights
    try:
        data = held if isinstance(held, bytes) else Path(held).read_bytes()
        numbers = np.frombuffer(data, _NUMBER).astype(np.float32, copy=False)
        wanted = Sizes.of(prepared.document.config, str(prepared.path)).weights
        ends = np.cumsum([prod(shape) for shape in wanted.values()])
        pieces = np.split(numbers, ends)[:-1]
        shapes = wanted.items()
        return {
            name: piece.reshape(shape) for (name, shape), piece in zip(shapes, pieces, strict=True)
        }
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"what was prepared of {prepared.path} cannot be read ({error}): load it again."
        ) from error


def packed(tensors: Iterable["onnx.TensorProto"], document: Document, where: str) -> bytes:
    """Return the weights of the network that the document describes, out of a graph's tensors.

    Raises ArtifactError, naming the file `where`, where one is missing or has another shape.
    """
    from onnx import numpy_helper

    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    wanted = Sizes.of(document.config, where).weights
    for name, size in wanted.items():
        weight = held.get(name)
        if weight is None or weight.shape != size or weight.dtype != np.float32:
            said = "nothing" if weight is None else f"{weight.dtype} {list(weight.shape)}"
            raise ArtifactError(
                f"{where} should hold float32 {list(size)} weights called {name!r} and has {said}: "
                f"export the model again."
            )
    return b"".join(held[name].astype(_NUMBER).tobytes() for name in wanted)
