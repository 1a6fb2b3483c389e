"""Files of tunes in ABC: each tune a piece."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from models.abc.reader import read
from models.abc.tunes import Tune, decoded, found, parts
from models.contract import files
from models.contract.errors import ExtempoError
from models.corpus.facts import NO_INSTRUMENT, Facts, classes, first_tempo, lasting
from models.corpus.packed import Arrays
from models.corpus.pieces import Longs, Score
from models.corpus.readers.reader import Held
from models.corpus.readers.voices import score_of

VERSION: Final = 6
"""Raised when the same file would be read to other tunes; parts caches from before."""
MOST: Final = 32 << 20
"""Bytes of a file at most."""
FEWEST: Final = 8
"""Notes that a tune has at least."""
BESIDE: Final = ".jsonl"
"""Of a file that says more of the tunes of one: a line of JSON for each, in their order."""
_FIELD: Final = re.compile(r"^([MK]):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class TunePiece:
    """A tune as a network reads it (see `models.abc.tunes`), who wrote it down, if that is known, and its file.

    tempi: what it says of them, which networks do not read; see `models.abc.tunes.Tune`.
    """

    title: str
    text: str
    transcriber: str = ""
    file: str = ""
    tempi: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        """Return its title, after its file's name."""
        return f"{self.file}: {self.title}" if self.file else self.title

    @cached_property
    def score(self) -> Score:
        """Its notes, each voice a part; see `models.corpus.readers.voices`."""
        return score_of(self.name, self.transcriber, self.text, self.tempi)

    @property
    def fault(self) -> str:
        """Return nothing: what lacks notes is no tune."""
        return ""

    @property
    def unisons(self) -> int:
        """Return how many notes are lost on one piano; see `Piece.unisons`."""
        return self.score.unisons if "V:" in self.text else 0

    def facts(self) -> Facts:
        """Return what it says of itself, metres and keys as they are written; see `Piece.facts`."""
        said = _FIELD.findall(self.text)
        metres = dict.fromkeys(value for name, value in said if name == "M" and value != "none")
        key = next((value for name, value in said if name == "K"), "")
        notes = np.concatenate([part.notes for part in self.score.parts])
        tempi = self.score.tempi
        return Facts(
            lasting(tempi, int((notes[:, 0] + notes[:, 3]).max())),
            {NO_INSTRUMENT: len(notes)},
            classes(notes[:, 1]),
            tuple(metres),
            first_tempo(tempi, int(notes[:, 0].min())),
            key,
            self.unisons,
        )

    @property
    def drumless(self) -> str:
        """Return that a tune has no drums."""
        return "has no notes on the drum channel"

    def content(self) -> bytes:
        """Return lengths and intervals; see `Piece.content`."""
        notes = [(one.length, one.pitches[-1]) for one in read(self.text) if one.voice >= 0]
        gaps = [(after[0], after[1] - before[1]) for before, after in pairwise(notes)]
        return hashlib.sha256(repr(gaps).encode()).digest()

    def line(self) -> Longs:
        """Return its top line, repeats played out, without what accompanies it; see `Piece.line`."""
        tops: dict[int, int] = {}
        for one in read(self.text):
            if one.voice >= 0 and one.pitches:
                tops[one.onset] = max(tops.get(one.onset, 0), *one.pitches)
        return np.array([tops[onset] for onset in sorted(tops)], np.int64)


class _Said(msgspec.Struct):
    """What a line beside says of a tune."""

    transcriber: str = ""


class AbcReader:
    """Reads files of ABC, of one tune or many; tunes that are broken are left out, each with its reason."""

    kind = "ABC"
    suffixes = (".abc",)
    version = VERSION
    most = MOST
    many = True
    beside = (BESIDE,)

    def read(self, path: Path) -> Held:
        """Return the tunes of a file. Raises ExtempoError, one sentence, where it holds none."""
        written = files.read(path, MOST)
        tunes, left_out = found(written, FEWEST)
        said = _said(path, written)
        if not tunes:
            raise ExtempoError(f"{path} holds no tune in ABC{_why(left_out)}: leave it out.")
        return Held([_piece(path, one, said) for one in tunes], left_out)

    def arrays(self, held: Held) -> Arrays:
        """Return all that is said of tunes and of what was left out, in turn, how many bytes each has, and tempi."""
        pieces: Any = held.pieces
        rows = [(piece.title, piece.text, piece.transcriber) for piece in pieces]
        tempi = [(number, *one) for number, piece in enumerate(pieces) for one in piece.tempi]
        said = [one.encode() for row in (*rows, *held.left_out) for one in row]
        return {
            "sizes": np.array([len(one) for one in said], np.int64),
            "said": np.frombuffer(b"".join(said), np.uint8),
            "tunes": np.array(len(rows)),
            "tempi": np.array(tempi, np.int64).reshape(-1, 3),
        }

    def held(self, name: str, arrays: Arrays) -> Held:
        """Return the tunes that these keep."""
        ends = np.cumsum(arrays["sizes"]).tolist()
        whole = arrays["said"].tobytes()
        said = [whole[begin:end].decode() for begin, end in pairwise((0, *ends))]
        last = 3 * int(arrays["tunes"])
        rows = zip(said[0:last:3], said[1:last:3], said[2:last:3], strict=True)
        left_out = zip(said[last::2], said[last + 1 :: 2], strict=True)
        tempi: dict[int, list[tuple[int, int]]] = {}
        for number, at, microseconds in arrays["tempi"].tolist():
            tempi.setdefault(number, []).append((at, microseconds))
        pieces = [
            TunePiece(*row, name, tuple(tempi.get(number, ()))) for number, row in enumerate(rows)
        ]
        return Held(pieces, tuple(left_out))


def _why(left_out: Sequence[tuple[str, str]]) -> str:
    """Return why a file's tunes were left out: the reason of a lone one, else the name and reason of the first."""
    if len(left_out) == 1:
        return f", for {left_out[0][1]}"
    return f" ({': '.join(left_out[0])})" if left_out else ""


def _piece(path: Path, tune: Tune, said: list[_Said]) -> TunePiece:
    beside = said[tune.number - 1].transcriber if said else ""
    return TunePiece(tune.name, tune.text, beside or tune.transcriber, path.name, tune.tempi)


def _said(path: Path, written: bytes) -> list[_Said]:
    """Return what lies beside a file, a line for each of its tunes; nothing where nothing does."""
    beside = path.with_suffix(BESIDE)
    if not beside.exists():
        return []
    try:
        said = msgspec.json.Decoder(_Said).decode_lines(files.read(beside, MOST))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ExtempoError(
            f"{path} has {beside.name} beside it, which cannot be read ({error}): take that away."
        ) from error
    tunes = sum(1 for _ in parts(decoded(written)))
    if len(said) != tunes:
        raise ExtempoError(
            f"{path} has {beside.name} beside it, whose lines are not those of its tunes ({len(said)} for "
            f"{tunes}): take that away."
        )
    return said
