"""Models of notes: a trunk and heads, stepped by ONNX Runtime; see `live.runtime.kinds.kind.Reader`."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Final

from live.runtime import timing
from live.runtime.beside import index_of
from live.runtime.copying import weights
from live.runtime.copying.code import functions, is_compiled
from live.runtime.copying.model import CopyingModel
from live.runtime.golden import check_pair
from live.runtime.kinds.kind import Pace
from live.runtime.prepared import Prepared
from live.runtime.sessions import running
from live.runtime.steps import OnnxModel
from models.contract.copied import bare_entries
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.representation import CONTEXT, Representation
from models.contract.representations.table import representation
from models.contract.stepping import StepModel
from models.contract.stream import ADVANCE, Entry, StreamSpec, TensorSpec

if TYPE_CHECKING:
    import onnx

BUDGET: Final = 2_000.0
"""Microseconds that a paced event may take, p99."""
MAX_STATE: Final = 1 << 22
"""The most numbers that a state may have, rows of logs included: tensors are kept many times over."""
MAX_WIDTH: Final = 1 << 16
"""The widest context."""


def compiles(document: Document) -> bool:
    """Return whether what it copies is compiled."""
    return weights.known(document) is not None


def check(document: Document, where: str) -> None:
    """Raise ArtifactError unless its representation is known, and its stream and golden pair are of it."""
    written = representation(document.representation, document.vocabulary, where)
    _check_stream(document, written, where)
    weights.check(document, written, where)
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
    wanted = written.stream(min(max(width, 1), MAX_WIDTH), trunk.state)
    if stream != wanted:
        _check_classes(document, wanted, where)
        raise ArtifactError(
            f"{where} describes other inputs and outputs than an event model has: "
            f"export the model again."
        )


def _check_classes(document: Document, wanted: StreamSpec, where: str) -> None:
    """Raise ArtifactError where a head is as wide as another vocabulary is long, such as another table of tokens."""
    for has, asked in zip(document.stream.entries, wanted.entries, strict=False):
        ours = [(spec.name, spec.shape[-1:]) for spec in has.outputs]
        theirs = [(spec.name, spec.shape[-1:]) for spec in asked.outputs]
        if has.name == asked.name != ADVANCE and ours != theirs and len(ours) == len(theirs) == 1:
            raise ArtifactError(
                f"{where} has a vocabulary that does not fit its network: it knows {theirs[0][1][0]:,} of {has.name}, "
                f"and the network plays {(ours[0][1] or (1,))[0]:,}: export the model again."
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


def parts(document: Document) -> tuple[Entry, ...]:
    """Return the trunk and the heads, and both without what is copied, where compiled code may do that."""
    found = weights.known(document)
    if found is None:
        return document.stream.entries
    written = representation(document.representation, document.vocabulary, document.name)
    return (*document.stream.entries, *bare_entries(found, document.stream, written))


def packed(tensors: Iterable["onnx.TensorProto"], document: Document, where: str) -> bytes:
    """Return the weights of what copies: the entries hold all others."""
    written = representation(document.representation, document.vocabulary, where)
    return weights.packed(tensors, document, written, where)


def is_ready(document: Document, where: str) -> bool:
    """Return whether what copies is compiled, where anything is copied."""
    return not compiles(document) or is_compiled()


def opened(prepared: Prepared) -> OnnxModel:
    """Return the model, its sessions open; what it copies is compiled, where that can be."""
    index = index_of(prepared.document, prepared.path)
    found = weights.known(prepared.document)
    kernel = None if found is None else functions()
    if found is None or kernel is None:
        return OnnxModel(prepared, index)
    return CopyingModel(prepared, found, kernel, index)


def played(model: StepModel, waits: bool) -> StepModel:
    """Return the model: voices share one, for it keeps nothing."""
    return model


def too_large(model: StepModel, name: str) -> str:
    """Return why its events take too long, or nothing."""
    return timing.refusal(name, timing.least(model))


def pace(model: StepModel, name: str) -> Pace:
    """Time an event."""
    with running(name):
        took = timing.least(model)
        refused = timing.refusal(name, took)
        step = timing.stepper(model)
        # What is too large is not timed for minutes.
        few = {"n": 3} if refused else {}
        hot, paced = timing.time_hot(step, **few), timing.time_paced(step, **few)
    return Pace("event", hot, paced, took * 1e6, BUDGET, paced.p99 <= BUDGET, refused)
