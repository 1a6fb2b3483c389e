"""Hold what an artifact says of itself against what this version of extempo can play."""

from live.declared.knob import Kind, KnobError, Value
from live.declared.knobs import current, find
from live.runtime.kinds.table import reader
from models.contract.document import Document
from models.contract.errors import ArtifactError


def check_document(document: Document, where: str) -> None:
    """Raise ArtifactError unless the document describes a model that can be played here."""
    _check_knobs(document, where)
    reader(document.kind).check(document, where)


def _check_knobs(document: Document, where: str) -> None:
    try:
        knobs_of(document)
    except KnobError as error:
        raise ArtifactError(f"{where} turns a knob as none can be: {error}") from error


def knobs_of(document: Document) -> dict[str, Value]:
    """Return the knobs that a document asks for. Raises KnobError where there are none such."""
    asked = dict(current(name, value) for name, value in document.knobs.items())
    return {name: find(document.kind, name).check(value) for name, value in asked.items()}


def check_kind(document: Document, kind: Kind, where: str) -> None:
    """Raise ArtifactError unless this is a model of the kind that is needed."""
    if document.kind != kind:
        raise ArtifactError(
            f"{where} is a model of {document.kind} where one of {kind} is needed: "
            f"choose another (extempo models lists them)."
        )
