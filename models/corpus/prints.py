"""What music is known by: a number of its content, so that a model can say which pieces it has heard.

It tells nothing of the music but whether it is the same.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence

from models.corpus.pieces import Piece


def print_of(content: bytes) -> int:
    """Return the number of some content, small enough for JSON of all kinds."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) >> 12


def piece_print(piece: Piece) -> int:
    """Return the number of a piece, the same in any key, at any beginning and touch."""
    return print_of(piece.content())


def set_print(prints: Iterable[int]) -> int:
    """Return the number of many pieces together, in any order; it is never 0."""
    return print_of(repr(sorted(set(prints))).encode()) or 1


def known(prints: Sequence[Collection[int]], heard: Iterable[int]) -> list[int]:
    """Return which pieces, each with its prints, have one that was heard."""
    all_heard = set(heard)
    return [number for number, own in enumerate(prints) if not all_heard.isdisjoint(own)]
