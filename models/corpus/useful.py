"""What of a file is learned from."""

from collections.abc import Sequence

from models.corpus.pieces import Piece
from models.corpus.readers.table import DRUMS


def fault_of(piece: Piece, kinds: Sequence[str]) -> str:
    """Return why no network of these kinds of files can learn from a piece, as in "has no notes", or nothing."""
    return piece.drumless if DRUMS in kinds else piece.fault


def unwanted(piece: Piece, without: Sequence[str], kinds: Sequence[str] = ()) -> str:
    """Return why a piece is not learned from, or nothing.

    It is of no use, or its terms ask for more than the corpus's. without: who asks for that,
    parts of the names of transcribers, in small letters. kinds: of files; see `fault_of`.
    """
    said = piece.transcriber.lower()
    by = next((name for name in without if name in said), "")
    if by:
        return f"their transcriber has terms of his own ({by.title()})"
    fault = fault_of(piece, kinds)
    return f"it {fault}" if fault else ""
