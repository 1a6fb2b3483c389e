"""Hold what an artifact says of itself against what this version of extempo can play."""

from math import prod
from typing import Final, Literal

from live.declared.knob import KnobError, Value
from live.declared.knobs import current, find
from live.runtime.golden import check_pair
from live.runtime.sound import table as sound_table
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.representation import CONTEXT, Representation
from models.contract.representations.table import representation
from models.contract.stream import ADVANCE, TensorSpec

MAX_STATE: Final = 1 << 22
"""The most numbers that a state may have, rows of logs included: tensors are kept many times over."""
MAX_WIDTH: Final = 1 << 16
"""The widest context."""


def check_document(document: Document, where: str) -> None:
    """Raise ArtifactError unless the document describes a model that can be played here."""
    _check_knobs(document, where)
    if document.kind == "audio":
        sound_table.maker(document, where).check(document, where)
    else:
        _check_events(document, where)


def _check_knobs(document: Document, where: str) -> None:
    try:
        knobs_of(document)
    except KnobError as error:
        raise ArtifactError(f"{where} turns a knob as none can be: {error}") from error


def knobs_of(document: Document) -> dict[str, Value]:
    """Return the knobs that a document asks for. Raises KnobError where there are none such."""
    asked = dict(current(name, value) for name, value in document.knobs.items())
    return {name: find(document.kind, name).check(value) for name, value in asked.items()}


def check_kind(document: Document, kind: Literal["events", "audio"], where: str) -> None:
    """Raise ArtifactError unless this is a model of the kind that is needed."""
    if document.kind != kind:
        raise ArtifactError(
            f"{where} is a model of {document.kind} where one of {kind} is needed: "
            f"choose another (extempo models lists them)."
        )


def _check_events(document: Document, where: str) -> None:
    written = representation(document.representation, document.vocabulary, where)
    _check_stream(document, written, where)
    check_pair(document, written.given(), where)


def _check_stream(document: Document, written: Representation, where: str) -> None:
    stream = document.stream
    try:
        trunk = stream.entry(ADVANCE)
        context = next(spec for spec in trunk.outputs if spec.name == CONTEXT)
        width = context.shape[1]
    except (KeyError, StopIteration, IndexError) as error:
        raise ArtifactError(
            f"{where} has no trunk that gives a context: export the model again."
        ) from error
    _check_state(trunk.state, where)
    if not 0 < width <= MAX_WIDTH or stream != written.stream(width, trunk.state):
        raise ArtifactError(
            f"{where} describes other inputs and outputs than an event model has: "
            f"export the model again."
        )


def _check_state(state: tuple[TensorSpec, ...], where: str) -> None:
    names = [spec.name for spec in state]
    if len(set(names)) != len(names):
        raise ArtifactError(f"{where} names a state twice: export the model again.")
    if any(size < 1 for spec in state for size in (*spec.shape, spec.log + 1)):
        raise ArtifactError(f"{where} has a state without a size: export the model again.")
    if any(spec.log and spec.shape[:2] != (1, 1) for spec in state):
        raise ArtifactError(
            f"{where} has a log of which a step gives more than one row: export the model again."
        )
    if sum(prod(spec.fed.shape) for spec in state) > MAX_STATE:
        raise ArtifactError(
            f"{where} keeps a state of more than {MAX_STATE} numbers, too large to play live."
        )
