"""The networks of sound, one line each: the module that plays them, imported when it is needed."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from live.runtime.prepared import Prepared
from live.runtime.sound.stream import SoundModel
from models.contract.document import Document
from models.contract.errors import ArtifactError

if TYPE_CHECKING:
    import onnx

NETS: Final[Mapping[str, str]] = {
    "audio-wavenet": "live.runtime.sound.wavenet",
}


class Maker(Protocol):
    """What a module of this folder offers, as functions."""

    def check(self, document: Document, where: str) -> None:
        """Raise ArtifactError unless the document describes a network that can be played here."""

    def packed(
        self, tensors: Iterable["onnx.TensorProto"], document: Document, where: str
    ) -> bytes:
        """Return what is kept of the graph's weights, for `opened`. Raises ArtifactError where one is missing."""

    def is_ready(self, document: Document, where: str) -> bool:
        """Return whether `opened` only has to read what lies on the disk."""

    def opened(self, prepared: Prepared) -> SoundModel:
        """Make an artifact that passed the checks ready to play; ArtifactError says why it cannot."""


def maker(document: Document, where: str) -> Maker:
    """Return who makes the document's network of sound playable. Raises ArtifactError where nobody does."""
    if document.net not in NETS:
        raise ArtifactError(
            f"{where} makes sound as {document.representation!r} by the network {document.net!r}; "
            f"this extempo knows {', '.join(map(repr, NETS))}."
        )
    return cast(Maker, import_module(NETS[document.net]))


def open_model(prepared: Prepared) -> SoundModel:
    """Make an artifact of sound that passed the checks ready to play; ArtifactError says why it cannot."""
    where = str(prepared.path)
    model = maker(prepared.document, where).opened(prepared)
    if model.channels != 1:
        raise ArtifactError(
            f"{where} makes {model.channels} channels, and a voice has one: export one that makes one."
        )
    return model
