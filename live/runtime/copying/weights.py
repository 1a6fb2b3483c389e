"""What a document says of copying, held against what it may say; and the weights, apart from the graph."""

from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from live.runtime.prepared import Prepared
from models.contract.copied import (
    KEY,
    LETTERS,
    RULE,
    Copied,
    keys,
    log_of,
    names,
    rule,
    shapes,
    specs,
)
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.representation import CONTEXT, Representation
from models.contract.stream import ADVANCE, StreamSpec

if TYPE_CHECKING:
    import onnx

_NUMBER: Final = np.dtype("<f4")

Weights = Mapping[str, NDArray[np.float32]]


def known(document: Document) -> Copied | None:
    """Return what may be compiled of a document's copying; None where the graph plays by itself."""
    found = document.copied
    return found if found is not None and found.rule in (RULE, LETTERS) else None


def check(document: Document, written: Representation, where: str) -> None:
    """Raise ArtifactError where a document says of its copying what cannot be."""
    found = known(document)
    if found is not None and not _fits(found, document.stream, written):
        raise ArtifactError(
            f"{where} says that it copies as no model of notes does: export the model again."
        )


def _fits(found: Copied, stream: StreamSpec, written: Representation) -> bool:
    if written.repeats is None or found.rule != rule(written):
        return False
    trunk = stream.entry(ADVANCE)
    (context,) = (spec for spec in trunk.outputs if spec.name == CONTEXT)
    try:
        ours = specs(written, log_of(stream))
    except KeyError:
        return False
    return (
        min(found.embed, found.width, found.head) > 0
        and context.shape == (1, found.width + len(keys(written)) * KEY)
        and set(ours) <= set(trunk.state)
        and set(found.heads) == set(names(written))
        and set(found.weights) == set(shapes(found, written))
    )


def packed(
    tensors: Iterable["onnx.TensorProto"], document: Document, written: Representation, where: str
) -> bytes:
    """Return the weights of what copies, out of a graph's tensors; ArtifactError where one is not as it should be."""
    from onnx import numpy_helper

    found = known(document)
    if found is None:
        return b""
    held = {tensor.name: tensor for tensor in tensors}
    parts = []
    for part, shape in shapes(found, written).items():
        tensor = held.get(found.weights[part])
        weight = None if tensor is None else numpy_helper.to_array(tensor)
        if weight is None or weight.dtype != np.float32 or _bare(weight.shape) != _bare(shape):
            said = "nothing" if weight is None else f"{weight.dtype} {list(weight.shape)}"
            raise ArtifactError(
                f"{where} should hold float32 {list(shape)} weights called {found.weights[part]!r} and has {said}: "
                f"export the model again."
            )
        parts.append(weight.astype(_NUMBER).tobytes())
    return b"".join(parts)


def read(prepared: Prepared, found: Copied, written: Representation) -> Weights:
    """Return every weight by its part. Raises ArtifactError if the cache was damaged since it was prepared."""
    held = prepared.weights
    try:
        data = held if isinstance(held, bytes) else Path(held).read_bytes()
        numbers = np.frombuffer(data, _NUMBER).astype(np.float32)
        wanted = shapes(found, written)
        ends = np.cumsum([prod(shape) for shape in wanted.values()])
        pieces = zip(wanted.items(), np.split(numbers, ends)[:-1], strict=True)
        return {part: piece.reshape(shape) for (part, shape), piece in pieces}
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"what was prepared of {prepared.path} cannot be read ({error}): load it again."
        ) from error


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without axes of one."""
    return tuple(size for size in shape if size > 1)
