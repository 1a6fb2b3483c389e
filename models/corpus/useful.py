"""What of a file is learned from."""

from collections.abc import Sequence

from models.corpus.pieces import Piece


def unwanted(piece: Piece, without: Sequence[str]) -> str:
    """Return why a piece is not learned from, or nothing.

    It is of no use, or its terms ask for more than the corpus's. without: who asks for that,
    parts of the names of transcribers, in small letters.
    """
    said = piece.transcriber.lower()
    by = next((name for name in without if name in said), "")
    if by:
        return f"their transcriber has terms of his own ({by.title()})"
    return f"it {piece.fault}" if piece.fault else ""
