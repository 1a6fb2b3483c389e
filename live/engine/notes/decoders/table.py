"""The decoders that there are: one line for each representation."""

from collections.abc import Callable, Mapping
from typing import Final

from live.engine.notes.decoder import Decoder
from live.engine.notes.decoders import performance
from models.contract.representation import Representation

DECODERS: Final[Mapping[str, Callable[[Representation], Decoder]]] = {
    "performance": performance.Performance,
}
"""By the name of the representation."""


def decoder(written: Representation) -> Decoder:
    """Return the decoder of a representation that this extempo knows."""
    return DECODERS[written.name](written)
