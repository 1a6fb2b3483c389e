"""Pieces of music that any encoder can begin with."""

from typing import Any

from models.corpus.encoders.abc import TEXT
from models.corpus.encoders.phrase import prelude
from models.corpus.readers.abc import TunePiece


def pieces(representation: str) -> list[Any]:
    """Return some that are written in a representation, of the kind that its encoder reads."""
    if representation == "abc":
        return [TunePiece(f"tune {number}", TEXT) for number in range(3)]
    return [prelude()]
