"""The decoders, one line for each representation."""

from collections.abc import Callable, Mapping
from typing import Final

from live.engine.notes.decoder import Decoder
from live.engine.notes.decoders import drums, performance, roll, tokens
from live.engine.notes.decoders.abc import decoder as abc
from models.contract.errors import ArtifactError
from models.contract.representation import Representation

DECODERS: Final[Mapping[str, Callable[[Representation], Decoder]]] = {
    "abc": abc.Abc,
    "performance": performance.Performance,
    "tokens": tokens.Tokens,
    "roll": roll.Roll,
    "drums": drums.Drums,
}
"""By the name of the representation."""


def decoder(written: Representation) -> Decoder:
    """Return the decoder of a representation that this extempo plays."""
    return DECODERS[written.name](written)


def check(representation: str, where: str) -> None:
    """Raise ArtifactError, naming the file `where`, unless music that is written so is played here."""
    if representation not in DECODERS:
        known = ", ".join(map(repr, DECODERS))
        raise ArtifactError(
            f"{where} writes music as {representation!r}, which nothing here plays: this extempo plays {known}."
        )
