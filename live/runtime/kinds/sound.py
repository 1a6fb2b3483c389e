"""Models of sound: each network is a line of `live.runtime.sound.table`; see `live.runtime.kinds.kind.Reader`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from live.runtime.kinds.kind import Pace
from live.runtime.prepared import Prepared
from live.runtime.sound import timing
from live.runtime.sound.ahead import ahead
from live.runtime.sound.instrument import Instrument
from live.runtime.sound.stream import SoundModel
from live.runtime.sound.table import maker, open_model
from live.runtime.timing import summary
from models.contract.document import Document
from models.contract.stream import Entry

if TYPE_CHECKING:
    import onnx


def compiles(document: Document) -> bool:
    """Return that it is compiled."""
    return True


def check(document: Document, where: str) -> None:
    """Ask the module of its network."""
    maker(document, where).check(document, where)


def parts(document: Document) -> tuple[Entry, ...]:
    """Return the entries of its document."""
    return document.stream.entries


def packed(tensors: Iterable["onnx.TensorProto"], document: Document, where: str) -> bytes:
    """Return the weights, for the module of the network."""
    return maker(document, where).packed(tensors, document, where)


def is_ready(document: Document, where: str) -> bool:
    """Ask the module of its network."""
    return maker(document, where).is_ready(document, where)


def opened(prepared: Prepared) -> SoundModel:
    """Return the model as its network's module makes it."""
    return open_model(prepared)


def played(model: SoundModel, waits: bool) -> Instrument:
    """Return an instrument; what takes long to make is made ahead."""
    return Instrument(ahead(model, waits))


def too_large(model: SoundModel, name: str) -> str:
    """Return why its samples take too long, or nothing."""
    return timing.refusal(model, name, timing.least(model))


def pace(model: SoundModel, name: str) -> Pace:
    """Time a sample."""
    hot, paced = summary(timing.time_hot(model)), summary(timing.time_paced(model))
    took = timing.least(model)
    refused = timing.refusal(model, name, took)
    budget = timing.budget(model) * 1e6
    return Pace("sample", hot, paced, took * 1e6, budget, not refused, refused)
