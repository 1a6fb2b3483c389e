"""Replay the golden pair of an artifact: does it compute here what it did where it was made?"""

from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.pair import Inputs, Output, Pair, is_whole
from models.contract.representation import (
    CONDITIONS,
    NEXT_CONDITIONS,
    STEP,
    drawn_name,
    logits_name,
)
from models.contract.stepping import StepModel
from models.contract.stream import Array, Tensors

LEAST: Final = 1e-4
"""Notes that are less likely than this are hardly ever drawn: how much less is not compared."""
_NONE: Final[Array] = np.zeros((1, 0), np.int64)


class Model(Protocol):
    """A model of any kind, whatever runs it."""

    def said(self, inputs: Tensors) -> Tensors:
        """Return what comes out, from the initial state on, by name; see `models.contract.pair.Pair`.

        Of a step's outputs those of the last steps, as many as it likes to return, with a leading axis.
        """


class Replayed(msgspec.Struct, frozen=True):
    """The largest difference of what came out, and the tolerance that the artifact states."""

    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Return whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def replay(model: Model, document: Document) -> Replayed:
    """Put in what the document's golden pair puts in, and compare what comes out."""
    assert document.pair is not None
    tolerance = document.pair.tolerance.get(document.precision, 0.0)
    return Replayed(difference(model, document.pair), tolerance)


def difference(model: Model, pair: Pair) -> float:
    """Return the largest difference between what comes out and what a pair says; infinity for what is no number.

    Raises ArtifactError where nothing comes out of what the pair compares.
    """
    said = model.said({name: tensor.array() for name, tensor in pair.inputs.items()})
    for name in pair.outputs.keys() - said.keys():
        raise ArtifactError(
            f"Its golden pair compares {name!r}, and what plays it here gives none."
        )
    return max(_apart(said[name], output) for name, output in pair.outputs.items())


def _apart(said: Array, output: Output) -> float:
    there = output.tensor.array()
    here = said if said.shape == there.shape else said[-len(there) :]
    if output.compared == "logits":
        return distance(here, there, output.least)
    furthest = float(np.abs(np.subtract(here, there, dtype=np.float64)).max())
    return furthest if np.isfinite(furthest) else float("inf")


def check_pair(document: Document, written: Inputs, where: str) -> None:
    """Raise ArtifactError unless the document has a golden pair that can be replayed.

    written: what its representation says of the inputs.
    """
    if document.pair is None:
        raise ArtifactError(
            f"{where} carries no golden pair that can be replayed: export the model again."
        )
    try:
        whole = is_whole(document.pair, document.stream, written)
    except (KeyError, ValueError):
        whole = False
    if not whole:
        raise ArtifactError(
            f"{where} carries a golden pair that cannot be replayed: export the model again."
        )


def stepped(model: StepModel, inputs: Tensors) -> Tensors:
    """Return what the heads of a model of notes say after these steps; see `Model.said`."""
    state = model.initial_state()
    for codes, conditions in zip(inputs[STEP], inputs[CONDITIONS], strict=True):
        context, (state,) = model.advance(codes, conditions, (state,))
    said = {}
    for number, factor in enumerate(model.representation.factors):
        drawn = inputs.get(drawn_name(factor.name), _NONE)
        after = inputs.get(NEXT_CONDITIONS, _NONE)
        logits = model.logits(number, context, after, drawn, (state,))
        said[logits_name(factor.name)] = logits
    return said


def distance(one: NDArray[np.generic], other: NDArray[np.generic], least: float = LEAST) -> float:
    """Return the largest difference of log-probabilities between two arrays of logits.

    Of the classes that one of them gives `least` or more; infinity where one is not a number.
    """
    here, there = log_softmax(one), log_softmax(other)
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        return float("inf")
    heard = np.exp(np.maximum(here, there)) >= least
    return float(np.abs(here - there)[heard].max(initial=0.0))


def log_softmax(logits: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return log-probabilities over the last axis."""
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(-1, keepdims=True)
    normalised: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalised
