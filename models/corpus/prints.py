"""What music is known by: a number of its content, so that a model can say which pieces it has heard.

It tells nothing of the music but whether it is the same.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np

from models.corpus.midi import Piece

SHORT: Final = 8
"""With fewer notes than this, a piece is known by all that is in it."""


def print_of(content: bytes) -> int:
    """Return the number of some content, small enough for JSON of all kinds."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) >> 12


def piece_print(piece: Piece) -> int:
    """Return the number of a piece, the same in any key, at any beginning and touch."""
    notes = piece.notes.astype(np.int64)
    if len(notes) >= SHORT:
        notes = np.diff(notes[:, :2], axis=0)
    return print_of(np.ascontiguousarray(notes, "<i8").tobytes())


def set_print(prints: Iterable[int]) -> int:
    """Return the number of many pieces together, in any order; it is never 0."""
    return print_of(repr(sorted(set(prints))).encode()) or 1


def known(prints: Sequence[Collection[int]], heard: Iterable[int]) -> list[int]:
    """Return which pieces, each with its prints, have one that was heard."""
    all_heard = set(heard)
    return [number for number, own in enumerate(prints) if not all_heard.isdisjoint(own)]
