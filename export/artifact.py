"""Write an artifact, if and only if it plays what PyTorch computes."""

import os
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import onnx

from export.golden import TOLERANCE, Phrase, golden, reference
from export.shrink import to_int8
from export.trace import spec_of, trace
from live.runtime.events import EventModel
from live.runtime.golden import distance
from live.runtime.prepare import examine
from models.contract import performance
from models.contract.document import FORMAT, KEY, Corpus, Document, Figure, dump
from models.contract.errors import ExtempoError
from models.contract.performance import FACTORS
from models.nets.events import EventNet

Precision = Literal["fp32", "int8"]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the weights themselves do not tell."""

    name: str
    net: str
    licence: str
    corpora: list[Corpus] = []
    figures: list[Figure] = []
    knobs: dict[str, float] = {}
    notes: str = ""


def graph_of(net: EventNet, precision: Precision) -> onnx.ModelProto:
    """Return the network as an ONNX graph in this precision."""
    model = trace(net)
    return to_int8(model) if precision == "int8" else model


def opened(model: onnx.ModelProto, document: Document) -> EventModel:
    """Return the model as the stage would open it, without a file."""
    return EventModel(examine(_bytes(model, document), Path(document.name)))


def write_artifact(net: EventNet, model: onnx.ModelProto, document: Document, path: Path) -> float:
    """Write an artifact; return its largest difference of a log-probability from PyTorch.

    Raises ExtempoError if the stage would refuse it, if it does not agree with PyTorch, or if it
    cannot be written: then `path` is as it was.
    """
    data = _bytes(model, document)
    difference = disagreement(net, EventModel(examine(data, path)))
    allowed = TOLERANCE[document.precision]
    if not difference <= allowed:
        raise ExtempoError(
            f"{path} was not written: ONNX Runtime and PyTorch differ by {difference:.2g} in a "
            f"log-probability, and {document.precision} may differ by {allowed:g} at most."
        )
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise ExtempoError(
            f"{path} cannot be written ({error.strerror}): choose another."
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    return difference


def describe(net: EventNet, about: About, precision: Precision) -> Document:
    """Return the document of a network, its golden pair computed by PyTorch."""
    return Document(
        format=FORMAT,
        name=about.name,
        kind="events",
        net=about.net,
        config={key: value for key, value in vars(net.config).items()},
        representation=performance.NAME,
        vocabulary=performance.vocabulary(),
        stream=spec_of(net),
        precision=precision,
        licence=about.licence,
        corpora=about.corpora,
        figures=about.figures,
        knobs=about.knobs,
        golden=golden(net, precision),
        parameters=net.parameter_count(),
        notes=about.notes,
    )


def disagreement(net: EventNet, model: EventModel) -> float:
    """Return the largest difference of log-probabilities from PyTorch's `forward` on the phrase.

    Every head is asked after every event, the true factors given.
    """
    phrase = Phrase()
    expected = reference(net, phrase)
    following = np.vstack((phrase.events[1:], phrase.following))
    onsets = np.vstack((phrase.places[1:], phrase.onset))
    state = model.initial_state()
    worst = 0.0
    for index in range(len(phrase.events)):
        at = slice(index, index + 1)
        context, state = model.advance(phrase.events[at], phrase.places[at], state)
        for k, factor in enumerate(FACTORS):
            here = model.logits(factor, context, onsets[at], following[at, :k])
            worst = max(worst, distance(here, expected[factor][at]))
    return worst


def _bytes(model: onnx.ModelProto, document: Document) -> bytes:
    introduced = onnx.ModelProto()
    introduced.CopyFrom(model)
    introduced.producer_name = "extempo"
    onnx.helper.set_model_props(introduced, {KEY: dump(document)})
    data: bytes = introduced.SerializeToString(deterministic=True)
    return data
