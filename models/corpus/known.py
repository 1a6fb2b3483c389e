"""What pieces are known by, made once when they are read: whether they are the same, and whose versions they are."""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from models.corpus.families import Sketch, sketch
from models.corpus.packed import Arrays
from models.corpus.pieces import Piece
from models.corpus.prints import print_of

SIZE: Final = 32
"""Bytes by which a content is known."""


class Known(NamedTuple):
    """A piece's number (see `models.corpus.prints`), its sketch (see `models.corpus.families`), its content's hash."""

    number: int
    sketch: Sketch
    content: bytes


def known(piece: Piece) -> Known:
    """Return what a piece is known by."""
    content = piece.content()
    return Known(print_of(content), sketch(piece.line()), hashlib.sha256(content).digest())


def packed(pieces: Sequence[Known]) -> Arrays:
    """Return arrays that keep what pieces are known by."""
    return {
        "known_numbers": np.array([one.number for one in pieces], np.int64),
        "known_contents": np.frombuffer(b"".join(one.content for one in pieces), np.uint8),
        "known_sizes": np.array([len(one.sketch) for one in pieces], np.int64),
        "known_runs": np.concatenate([np.zeros(0, np.uint64), *(one.sketch for one in pieces)]),
    }


def unpacked(arrays: Arrays) -> list[Known]:
    """Return what these keep. KeyError or ValueError if they keep nothing."""
    ends = np.cumsum(arrays["known_sizes"])
    sketches = np.split(arrays["known_runs"], ends[:-1]) if len(ends) else []
    contents = arrays["known_contents"].tobytes()
    numbers = arrays["known_numbers"].tolist()
    return [
        Known(number, one, contents[k * SIZE : (k + 1) * SIZE])
        for k, (number, one) in enumerate(zip(numbers, sketches, strict=True))
    ]
