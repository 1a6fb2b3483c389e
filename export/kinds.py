"""What export does differently for networks of notes and of sound: one line each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import onnx

from export import golden
from export.copied import copied_of, finish
from export.shrink import to_int8
from export.sound import golden as sound_golden
from export.sound.graph import sound_graph
from export.sound.steps import SoundSteps
from export.trace import spec_of, trace
from live.runtime.golden import Model
from live.runtime.kinds import notes
from live.runtime.prepared import Prepared
from live.runtime.sound.wavenet import WaveNet
from live.runtime.steps import OnnxModel
from models.contract import samples
from models.contract.errors import ExtempoError
from models.contract.pair import Pair
from models.contract.sizes import Sizes
from models.nets.audio import AudioNet
from models.nets.notes import NotesNet

Net = NotesNet | AudioNet
Precision = Literal["fp32", "int8"]


def _graph(net: NotesNet, precision: Precision) -> onnx.ModelProto:
    model = trace(net)
    if precision == "int8":
        model = to_int8(model)
    finish(model, net)
    return model


def _own(net: NotesNet) -> dict[str, Any]:
    written = net.representation
    return {
        "representation": written.name,
        "vocabulary": {key: list(values) for key, values in written.vocabulary.items()},
        "stream": spec_of(net),
        "copied": copied_of(net),
    }


def _models(prepared: Prepared) -> list[Model]:
    graph, staged = OnnxModel(prepared), notes.opened(prepared)
    return [graph] if type(staged) is OnnxModel else [graph, staged]


def _sound_graph(net: AudioNet, precision: Precision) -> onnx.ModelProto:
    if precision != "fp32":
        raise ExtempoError(
            "a network of sound is exported with weights of 32 bits only: leave out --int8."
        )
    weights = {name: tensor.numpy() for name, tensor in net.named_weights().items()}
    return sound_graph(weights, Sizes.of(vars(net.config), "the network"))


def _sound_own(net: AudioNet) -> dict[str, Any]:
    return {
        "representation": samples.NAME,
        "vocabulary": {},
        "stream": net.stream(),
        "sample_rate": net.config.rate,
    }


def _sound_models(prepared: Prepared) -> list[Model]:
    return [SoundSteps(prepared), WaveNet.of_prepared(prepared)]


class Kind(NamedTuple):
    """How networks of one kind become artifacts.

    graph: the network in a precision. own: what its document says of its kind. pair: its golden pair; pairs: all
    that has to agree before an artifact is written. models: everything that may run a prepared artifact.
    """

    graph: Callable[[Any, Precision], onnx.ModelProto]
    own: Callable[[Any], dict[str, Any]]
    pair: Callable[[Any, str], Pair]
    pairs: Callable[[Any, str], Iterator[Pair]]
    models: Callable[[Prepared], list[Model]]


KINDS: Final[Mapping[str, Kind]] = {
    "events": Kind(_graph, _own, golden.pair, golden.pairs, _models),
    "audio": Kind(_sound_graph, _sound_own, sound_golden.pair, sound_golden.pairs, _sound_models),
}
