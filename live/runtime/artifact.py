"""Read an artifact, and refuse what cannot be played, in one clear sentence, before any sound."""

from contextlib import AbstractContextManager

import onnx

from live.runtime.cut import check_spec, part
from live.runtime.graph import check, parse
from live.runtime.introduction import check_document
from live.runtime.kinds.table import reader
from models.contract.border import border
from models.contract.document import KEY, Document, load
from models.contract.errors import ArtifactError


def introduce(data: bytes, where: str) -> tuple[onnx.ModelProto, Document, str]:
    """Return the model, its document and a sentence on what was ignored of it, or an empty one.

    The document agrees with this version of extempo; the graph was not looked at (`dissect` does).
    """
    with _border(where):
        model = parse(data, where)
        texts = [entry.value for entry in model.metadata_props if entry.key == KEY]
    if len(texts) != 1:
        raise ArtifactError(
            f"{where} is an ONNX file, but not one that introduces itself: "
            f"choose an artifact that extempo export wrote."
        )
    with _border(where):
        document, ignored = load(texts[0], where)
        check_document(document, where)
    return model, document, ignored


def dissect(
    model: onnx.ModelProto, document: Document, where: str
) -> tuple[dict[str, bytes], bytes]:
    """Check the whole graph against its document.

    Returns each entry as an ONNX model, by name, and its weights, as its kind keeps them.
    """
    with _border(where):
        check(model, where)
        check_spec(model, document.stream, where)
        kind = reader(document.kind)
        weights = kind.packed(model.graph.initializer, document, where)
        return {entry.name: part(model, entry, where) for entry in kind.parts(document)}, weights


def _border(where: str) -> AbstractContextManager[None]:
    """Let only errors of our own out of what reads a stranger's file."""
    return border(
        lambda said: ArtifactError(f"{where} cannot be read ({said}): export the model again.")
    )
