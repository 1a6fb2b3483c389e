"""Write an artifact, if and only if it plays what PyTorch computes."""

from pathlib import Path
from typing import Any, Literal

import msgspec
import onnx

from export.golden import TOLERANCE, Phrase, golden, reference
from export.shrink import to_int8
from export.sound.golden import sound_disagreement, sound_golden
from export.sound.graph import sound_graph
from export.sound.steps import SoundSteps
from export.trace import spec_of, trace
from live.runtime.golden import distance
from live.runtime.prepare import examine
from live.runtime.prepared import Prepared
from live.runtime.sound.wavenet import WaveNet
from live.runtime.steps import OnnxModel
from models.contract import samples
from models.contract.document import FORMAT, KEY, Corpus, Document, Figure, Measure, Training, dump
from models.contract.errors import ExtempoError
from models.contract.sizes import Sizes
from models.contract.whole import whole
from models.nets.audio import AudioNet
from models.nets.events import EventNet

Net = EventNet | AudioNet
Precision = Literal["fp32", "int8"]


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
    measures: list[Measure] = []
    knobs: dict[str, float] = {}
    notes: str = ""


def graph_of(net: Net, precision: Precision) -> onnx.ModelProto:
    """Return the network as an ONNX graph in this precision.

    Raises ExtempoError for a network of sound in another than fp32.
    """
    if isinstance(net, AudioNet):
        if precision != "fp32":
            raise ExtempoError(
                "a network of sound is exported with weights of 32 bits only: leave out --int8."
            )
        weights = {name: tensor.numpy() for name, tensor in net.named_weights().items()}
        return sound_graph(weights, sizes_of(net))
    model = trace(net)
    return to_int8(model) if precision == "int8" else model


def sizes_of(net: AudioNet) -> Sizes:
    """Return the sizes of a network of sound."""
    return Sizes.of(vars(net.config), "the network")


def opened(model: onnx.ModelProto, document: Document) -> OnnxModel:
    """Return the model of events as the stage would open it, without a file."""
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
    difference = _difference(net, examine(data, path))
    allowed = TOLERANCE[document.precision]
    if not difference <= allowed:
        raise ExtempoError(
            f"{path} was not written: the stage and PyTorch differ by {difference:.2g} in a "
            f"log-probability, and {document.precision} may differ by {allowed:g} at most."
        )
    try:
        with whole(path) as fresh:
            fresh.write_bytes(data)
    except OSError as error:
        raise ExtempoError(
            f"{path} cannot be written ({error.strerror}): choose another."
        ) from error
    return difference


def describe(net: Net, about: About, precision: Precision) -> Document:
    """Return the document of a network, its golden pair computed by PyTorch."""
    own = _sound(net) if isinstance(net, AudioNet) else _events(net, precision)
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
        **own,
    )


def _events(net: EventNet, precision: Precision) -> dict[str, Any]:
    return {
        "kind": "events",
        "representation": net.representation.name,
        "vocabulary": {key: list(values) for key, values in net.representation.vocabulary.items()},
        "stream": spec_of(net),
        "golden": golden(net, precision),
    }


def _sound(net: AudioNet) -> dict[str, Any]:
    return {
        "kind": "audio",
        "representation": samples.NAME,
        "vocabulary": {},
        "stream": net.stream(),
        "sample_rate": net.config.rate,
        "sound_golden": sound_golden(net),
    }


def _difference(net: Net, prepared: Prepared) -> float:
    """Return the largest difference between PyTorch and all that may run the artifact."""
    if isinstance(net, AudioNet):
        return sound_disagreement(net, SoundSteps(prepared), WaveNet.of_prepared(prepared).open(0))
    return disagreement(net, OnnxModel(prepared))


def disagreement(net: EventNet, model: OnnxModel) -> float:
    """Return the largest difference of log-probabilities from PyTorch's `forward` on the phrase.

    Every head is asked after every step, the true factors given.
    """
    representation = net.representation
    phrase = Phrase(representation)
    expected, drawn = reference(net, phrase), phrase.drawn
    state = model.initial_state()
    worst = 0.0
    for index in range(len(drawn)):
        at, after = slice(index, index + 1), slice(index + 1, index + 2)
        context, state = model.advance(phrase.codes[at], phrase.conditions[at], state)
        for k, factor in enumerate(representation.names):
            given = drawn[at, : representation.drawn(k)]
            here = model.logits(k, context, phrase.conditions[after], given)
            worst = max(worst, distance(here, expected[factor][at]))
    return worst


def _bytes(model: onnx.ModelProto, document: Document) -> bytes:
    introduced = onnx.ModelProto()
    introduced.CopyFrom(model)
    introduced.producer_name = "extempo"
    onnx.helper.set_model_props(introduced, {KEY: dump(document)})
    data: bytes = introduced.SerializeToString(deterministic=True)
    return data
