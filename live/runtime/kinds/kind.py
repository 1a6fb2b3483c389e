"""What a kind of model is to whoever opens artifacts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from live.runtime.golden import Model
from live.runtime.prepared import Prepared
from live.runtime.timing import Timing
from models.contract.document import Document
from models.contract.stream import Entry

if TYPE_CHECKING:
    import onnx


class Pace(msgspec.Struct, frozen=True):
    """How long a step takes here. unit: `event` or `sample`. hot, paced: microseconds, in a row and as it is played.

    least: at best. budget: what a step may take. within: whether it is quick enough. too_large: why it cannot play
    here, or empty.
    """

    unit: str
    hot: Timing
    paced: Timing
    least: float
    budget: float
    within: bool
    too_large: str


class Reader(Protocol):
    """What a module of this folder offers, as functions. `where` names the file in messages."""

    def compiles(self, document: Document) -> bool:
        """Return whether a model is compiled before it plays for the first time, which takes a minute at most."""

    def check(self, document: Document, where: str) -> None:
        """Raise ArtifactError unless the document describes a model that can be played here."""

    def parts(self, document: Document) -> tuple[Entry, ...]:
        """Return all entries that the graph is cut into: those of the document, and more that are played instead."""

    def packed(
        self, tensors: Iterable["onnx.TensorProto"], document: Document, where: str
    ) -> bytes:
        """Return what is kept of the graph's weights beside its entries. Raises ArtifactError where one is missing."""

    def is_ready(self, document: Document, where: str) -> bool:
        """Return whether an artifact that has been prepared only has to be read."""

    def opened(self, prepared: Prepared) -> Model:
        """Make the model of an artifact that passed the checks, warmed up; ArtifactError says why it cannot be run."""

    def played(self, model: Any, waits: bool) -> Any:
        """Return what a voice plays of this model, for itself alone. Any thread may call it; it takes milliseconds.

        waits: who plays it waits for what takes long, as nothing is played in time.
        """

    def too_large(self, model: Any, name: str) -> str:
        """Return why a model cannot play in time here, one sentence, or nothing; it takes steps. Threads: any."""

    def pace(self, model: Any, name: str) -> Pace:
        """Time its steps; it takes seconds."""
