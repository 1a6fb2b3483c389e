"""Files of tunes in ABC: each tune a piece."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.abc.reader import read
from models.abc.tunes import found
from models.contract import files
from models.contract.errors import ExtempoError
from models.corpus.readers.reader import Arrays

VERSION: Final = 3
"""Raised when the same file would be read to other tunes; parts caches from before."""
MOST: Final = 32 << 20
"""Bytes of a file at most."""
FEWEST: Final = 8
"""Notes that a tune has at least."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TunePiece:
    """A tune as a network reads it; see `models.abc.tunes`."""

    name: str
    text: str

    def content(self) -> bytes:
        """Return lengths and intervals; see `Piece.content`."""
        notes = [(one.length, one.pitches[-1]) for one in read(self.text) if one.voice >= 0]
        gaps = [(after[0], after[1] - before[1]) for before, after in pairwise(notes)]
        return hashlib.sha256(repr(gaps).encode()).digest()


class AbcReader:
    """Reads files of ABC, of one tune or many; tunes that are broken are left out, each with a line that says why."""

    kind = "ABC"
    suffixes = (".abc",)
    version = VERSION
    most = MOST

    def read(self, path: Path) -> Sequence[TunePiece]:
        """Return the tunes of a file. Raises ExtempoError, one sentence, where it holds none."""
        held = found(files.read(path, MOST), FEWEST)
        for reason in held.left_out:
            log.info("%s: %s", path.name, reason)
        if not held.tunes:
            why = f" ({held.left_out[0]})" if held.left_out else ""
            raise ExtempoError(f"{path} holds no tune in ABC{why}: leave it out.")
        return [TunePiece(f"{path.name}: {one.name}", one.text) for one in held.tunes]

    def arrays(self, pieces: Sequence[Any]) -> Arrays:
        """Return names and texts, in turn, and how many bytes each has."""
        said = [one.encode() for piece in pieces for one in (piece.name, piece.text)]
        whole = np.frombuffer(b"".join(said), np.uint8)
        return {"sizes": np.array([len(one) for one in said], np.int64), "said": whole}

    def pieces(self, name: str, arrays: Arrays) -> Sequence[TunePiece]:
        """Return the tunes that these keep."""
        ends = np.cumsum(arrays["sizes"]).tolist()
        whole = arrays["said"].tobytes()
        said = [whole[begin:end].decode() for begin, end in pairwise((0, *ends))]
        return [TunePiece(*one) for one in zip(said[::2], said[1::2], strict=True)]
