"""Scores as a few arrays, side by side: what caches keep of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.errors import LONGEST, line
from models.corpus.pieces import Ints, Part, Score

Arrays = Mapping[str, NDArray[Any]]

_COLUMNS: Final = {"notes": 4, "metres": 3, "tempi": 2, "keys": 3, "offsets": 1}


class _Part(msgspec.Struct, array_like=True):
    name: str
    program: int
    drums: bool
    notes: int
    """How many."""
    offsets: int = 0


class _Score(msgspec.Struct, array_like=True):
    name: str
    transcriber: str
    parts: tuple[_Part, ...]
    metres: int
    tempi: int
    keys: int


_SAID: Final = msgspec.json.Decoder(list[_Score])


def pack(scores: Sequence[Score]) -> dict[str, NDArray[Any]]:
    """Return all that scores hold: int32 arrays of their notes, metres, tempi and keys, one score after the other,
    and in `said` (uint8) their names and how many rows are whose.
    """
    said = [
        _Score(
            line(one.name, LONGEST),
            one.transcriber,
            tuple(
                _Part(p.name, p.program, p.drums, len(p.notes), len(p.offsets)) for p in one.parts
            ),
            len(one.metres),
            len(one.tempi),
            len(one.keys),
        )
        for one in scores
    ]
    return {
        "said": np.frombuffer(msgspec.json.encode(said), np.uint8),
        "notes": _joined("notes", [part.notes for one in scores for part in one.parts]),
        "metres": _joined("metres", [one.metres for one in scores]),
        "tempi": _joined("tempi", [one.tempi for one in scores]),
        "keys": _joined("keys", [one.keys for one in scores]),
        "offsets": _joined("offsets", [part.offsets for one in scores for part in one.parts]),
    }


def unpack(arrays: Arrays) -> list[Score]:
    """Return the scores that these hold, as views of them. Raises KeyError or ValueError if they hold none."""
    rows = {name: _Rows(arrays[name]) for name in _COLUMNS if name in arrays}
    rows.setdefault("offsets", _Rows(_joined("offsets", ())))
    try:
        said = _SAID.decode(arrays["said"].tobytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"their names cannot be read ({error})") from error
    return [
        Score(
            one.name,
            tuple(
                Part(
                    p.name,
                    p.program,
                    p.drums,
                    rows["notes"].take(p.notes),
                    rows["offsets"].take(p.offsets),
                )
                for p in one.parts
            ),
            rows["metres"].take(one.metres),
            rows["tempi"].take(one.tempi),
            rows["keys"].take(one.keys),
            one.transcriber,
        )
        for one in said
    ]


def _joined(name: str, tables: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros((0, _COLUMNS[name]), np.int32), *tables])


class _Rows:
    """Gives the rows of a table away, so many at a time."""

    def __init__(self, table: Ints) -> None:
        self._table = table
        self._begin = 0

    def take(self, count: int) -> Ints:
        begin, self._begin = self._begin, self._begin + count
        if self._begin > len(self._table):
            raise ValueError("fewer rows are kept than there were")
        return self._table[begin : self._begin]
