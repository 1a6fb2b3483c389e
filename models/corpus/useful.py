"""What of a file is learned from."""

from collections.abc import Sequence

from models.corpus.readers.reader import Held


def fault(held: Held) -> str:
    """Return why nothing that a file holds is of use, or nothing."""
    faults = [piece.fault for piece in held.pieces]
    return faults[0] if faults and all(faults) else ""


def wanted(held: Held, without: Sequence[str]) -> Held:
    """Return what a file holds but for what is of no use, and those whose terms ask for more than the corpus's.

    without: who asks for that, parts of the names of transcribers, in small letters.
    """
    kept, left = [], list(held.left_out)
    for piece in held.pieces:
        said = piece.transcriber.lower()
        by = next((name for name in without if name in said), "")
        if by or piece.fault:
            terms = f"their transcriber has terms of his own ({by.title()})"
            left.append((piece.name, terms if by else f"it {piece.fault}"))
        else:
            kept.append(piece)
    return Held(kept, left)
