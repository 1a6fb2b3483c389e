"""Files of tunes in ABC: each tune a piece."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.abc.reader import read
from models.contract import files
from models.contract.errors import ExtempoError
from models.corpus.readers.reader import Arrays

VERSION: Final = 1
"""Raised when the same file would be read to other tunes; parts caches from before."""
MOST: Final = 64 << 20
"""Bytes of a file at most."""
FEWEST: Final = 8
"""Notes that a tune has at least."""
ORDER: Final = "MLK"
"""The fields that are kept, in the order in which they come before the tune."""
_FIELD: Final = re.compile(r"^([A-Za-z]):\s*(.*?)\s*$")


@dataclass(frozen=True)
class Tune:
    """A tune as a network reads it: fields in one order, then the tune, then an empty line."""

    name: str
    text: str

    def content(self) -> bytes:
        """Return lengths and intervals; see `Piece.content`."""
        sounds = read(self.text)
        steps = [(one.length, one.pitches[-1]) for one in sounds]
        gaps = [(b[0], b[1] - a[1]) for a, b in pairwise(steps)]
        return hashlib.sha256(repr(gaps).encode()).digest()


class AbcReader:
    """Reads files of ABC, of one tune or many."""

    kind = "ABC"
    suffixes = (".abc",)
    version = VERSION
    most = MOST

    def read(self, path: Path) -> Sequence[Tune]:
        """Return the tunes of a file. Raises ExtempoError, one sentence, where it holds none."""
        text = files.read(path, MOST).decode("utf-8", "replace")
        tunes = []
        for number, part in enumerate(re.split(r"\n[ \t\r]*\n", text.replace("\r", "")), 1):
            tune = cleaned(part)
            if tune and len(read(tune)) >= FEWEST:
                tunes.append(Tune(f"{path.name} {number}", tune))
        if not tunes:
            raise ExtempoError(f"{path} holds no tune in ABC: leave it out.")
        return tunes

    def arrays(self, pieces: Sequence[Any]) -> Arrays:
        """Return its texts."""
        return {
            "names": np.array([p.name for p in pieces]),
            "texts": np.array([p.text for p in pieces]),
        }

    def pieces(self, name: str, arrays: Arrays) -> Sequence[Tune]:
        """Return the tunes that these keep."""
        kept = zip(arrays["names"].tolist(), arrays["texts"].tolist(), strict=True)
        return [Tune(one, text) for one, text in kept]


def cleaned(text: str) -> str:
    """Return a tune with its fields in one order and nothing that does not sound; nothing if it has no key."""
    fields: dict[str, str] = {}
    body: list[str] = []
    for line in text.split("\n"):
        found = _FIELD.match(line)
        if found and "K" not in fields:
            fields.setdefault(found[1], found[2])
        elif "K" in fields and not re.match(r"[A-Za-z]:[^|:]", line):
            kept = re.sub(r"%.*", "", line).rstrip(" \\")
            if kept.strip():
                body.append(kept.strip())
    if "K" not in fields or not body:
        return ""
    head = [f"{name}:{fields[name]}" for name in ORDER if fields.get(name)]
    return "\n".join([*head, *body]) + "\n\n"
