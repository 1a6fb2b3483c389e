"""Ways to spoil an artifact, and the sentence with which it is then refused."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from live.runtime.golden import Model
from live.runtime.kinds.table import reader
from live.runtime.prepare import examine, read_bytes
from models.contract.document import Document, dump, load
from models.contract.errors import ArtifactError
from models.contract.stream import Entry


def opened_here(path: Path) -> Model:
    """Open a file without the process of its own that `prepare` has try it."""
    prepared = examine(read_bytes(path), path)
    return reader(prepared.document.kind).opened(prepared)


def refused(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(ArtifactError) as error:
        opened_here(path)
    sentence = str(error.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def edit_graph(path: Path, change: Callable[[onnx.ModelProto], None]) -> str:
    """Change the graph, keep the document, and return why the file is refused."""
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return refused(path)


def edit_document(path: Path, change: Callable[[Document], Document]) -> str:
    """Change what the file says of itself, keep the graph, and return why it is refused."""

    def rewrite(model: onnx.ModelProto) -> None:
        document, _ = load(model.metadata_props[0].value, "tiny")
        model.metadata_props[0].value = dump(change(document))

    return edit_graph(path, rewrite)


def edit_text(path: Path, change: Callable[[str], str]) -> str:
    """The same with the document's JSON."""

    def rewrite(model: onnx.ModelProto) -> None:
        model.metadata_props[0].value = change(model.metadata_props[0].value)

    return edit_graph(path, rewrite)


def with_entries(document: Document, *entries: Entry) -> Document:
    """The document with other entries."""
    stream = msgspec.structs.replace(document.stream, entries=entries)
    return msgspec.structs.replace(document, stream=stream)


def weight(model: onnx.ModelProto, values: np.ndarray) -> onnx.TensorProto:
    """The first weight with these numbers' type and at least two dimensions."""
    return next(
        tensor
        for tensor in model.graph.initializer
        if numpy_helper.to_array(tensor).dtype == values.dtype and len(tensor.dims) > 1
    )
