"""Write an artifact, if and only if it plays what PyTorch computes."""

from pathlib import Path

import msgspec
import onnx

from export.golden import TOLERANCE
from export.kinds import KINDS, Net, Precision
from live.runtime.golden import Model, difference
from live.runtime.prepare import examine
from live.runtime.prepared import Prepared
from live.runtime.steps import OnnxModel
from models.contract.document import FORMAT, KEY, Corpus, Document, Figure, Measured, Training, dump
from models.contract.errors import ExtempoError
from models.contract.whole import put


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the weights themselves do not tell."""

    name: str
    net: str
    licence: str
    author: str = ""
    corpora: list[Corpus] = []
    trainings: list[Training] = []
    heard: list[int] = []
    figures: list[Figure] = []
    measures: list[Measured] = []
    knobs: dict[str, float] = {}
    notes: str = ""


def graph_of(net: Net, precision: Precision) -> onnx.ModelProto:
    """Return the network as an ONNX graph in this precision. Raises ExtempoError where it has none such."""
    return KINDS[net.kind].graph(net, precision)


def opened(model: onnx.ModelProto, document: Document) -> OnnxModel:
    """Return the model of notes as the stage would open it, without a file."""
    return OnnxModel(in_memory(model, document))


def in_memory(model: onnx.ModelProto, document: Document) -> Prepared:
    """Return the artifact as the stage would prepare it, without a file."""
    return examine(_bytes(model, document), Path(document.name))


def write_artifact(net: Net, model: onnx.ModelProto, document: Document, path: Path) -> float:
    """Write an artifact; return its largest difference of a log-probability from PyTorch.

    Raises ExtempoError if the stage would refuse it, if it does not agree with PyTorch, or if it
    cannot be written: then `path` is as it was.
    """
    data = _bytes(model, document)
    worst = disagreement(net, *KINDS[net.kind].models(examine(data, path)))
    allowed = TOLERANCE[document.precision]
    if not worst <= allowed:
        raise ExtempoError(
            f"{path} was not written: the stage and PyTorch differ by {worst:.2g} in a "
            f"log-probability, and {document.precision} may differ by {allowed:g} at most."
        )
    put(path, data)
    return worst


def describe(net: Net, about: About, precision: Precision) -> Document:
    """Return the document of a network, its golden pair computed by PyTorch."""
    kind = KINDS[net.kind]
    return Document(
        format=FORMAT,
        name=about.name,
        net=about.net,
        config={key: value for key, value in vars(net.config).items()},
        precision=precision,
        licence=about.licence,
        author=about.author,
        corpora=about.corpora,
        trainings=about.trainings,
        heard=about.heard,
        figures=about.figures,
        measures=about.measures,
        knobs=about.knobs,
        parameters=net.parameter_count(),
        notes=about.notes,
        kind=net.kind,
        pair=kind.pair(net, precision),
        **kind.own(net),
    )


def disagreement(net: Net, *models: Model) -> float:
    """Return the largest difference of log-probabilities from PyTorch's `forward` on the phrase, by any model."""
    pairs = KINDS[net.kind].pairs(net, "fp32")
    return max(difference(model, pair) for pair in pairs for model in models)


def _bytes(model: onnx.ModelProto, document: Document) -> bytes:
    introduced = onnx.ModelProto()
    introduced.CopyFrom(model)
    introduced.producer_name = "extempo"
    onnx.helper.set_model_props(introduced, {KEY: dump(document)})
    data: bytes = introduced.SerializeToString(deterministic=True)
    return data
