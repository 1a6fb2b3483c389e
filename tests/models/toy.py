"""A way to write music down that only tests know: a step is a chord of twelve pitch classes, side by side.

How long its first note lasts goes in too, in a vocabulary that is made of the corpus.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final

import numpy as np
import pytest
from numpy.random import Generator

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS
from models.contract.representation import Codes, Column, Representation, Vocabulary
from models.contract.representations.table import REPRESENTATIONS
from models.corpus.encoders.encoder import NONE, Steps
from models.corpus.encoders.phrase import prelude
from models.corpus.encoders.table import ENCODERS
from models.corpus.perform import places
from models.corpus.pieces import Score

NAME: Final = "toy"
TIMES: Final = tuple(range(13))
"""Ticks since the last chord, one for each class."""
BEFORE: Final = len(TIMES)
"""The time of the step before the first: goes in, is never drawn."""
SILENT, STRUCK = range(2)
TONES: Final = 12


def written(lengths: Iterable[str]) -> Representation:
    """Return it; lengths: those that chords have, in ticks."""
    known = tuple(lengths)
    return Representation(
        NAME,
        inputs=(
            Column("length", len(known)),
            Column("time", BEFORE + 1, values=(*TIMES, 0)),
            Column("tones", 2, (TONES,)),
        ),
        factors=(Column("time", BEFORE, placed=False), Column("tones", 2, (TONES,))),
        conditions=(Column("beat", BEATS),),
        start=(0, BEFORE, *(TONES * (SILENT,))),
        vocabulary={"length": known},
    )


TOY: Final = written(["6", "12", "24", "42", "48"])


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return it with a vocabulary that was made of a corpus."""
    if "length" not in vocabulary:
        raise ArtifactError(f"{where} has no lengths: train the model again.")
    return written(map(str, vocabulary["length"]))


class ToyEncoder:
    """Chords of scores; a length that is not known is the first that is."""

    reads: ClassVar[tuple[str, ...]] = ("midi",)
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = NONE
    measured: ClassVar[int] = 256

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._lengths = list(map(str, representation.vocabulary["length"]))

    @classmethod
    def vocabulary(cls, pieces: Iterable[Score], settings: Mapping[str, int]) -> Vocabulary:
        lengths = {int(length) for piece in pieces for length in piece.notes[:, 3]}
        return {"length": [str(length) for length in sorted(lengths)]}

    def count(self, piece: Score) -> int:
        return len(np.unique(piece.notes[:, 0]))

    def window(
        self, piece: Score, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        ticks = np.unique(piece.notes[:, 0]).astype(np.int64)[start : start + length]
        higher = int(rng.integers(TONES)) if varied else 0
        codes = np.tile(self.representation.start_codes(), (len(ticks) + 1, 1))
        for row, tick, gap in zip(codes[1:], ticks, np.diff(ticks, prepend=ticks[0]), strict=True):
            chord = piece.notes[piece.notes[:, 0] == tick]
            first = str(chord[0, 3])
            row[0] = self._lengths.index(first) if first in self._lengths else 0
            row[1] = min(gap, TIMES[-1])
            row[2 + (chord[:, 1] + higher) % TONES] = STRUCK
        beats = places(np.append(ticks[0], ticks), piece.bars)[:, :1]
        return Steps(codes, beats, np.ones((len(ticks), 2), bool))

    def golden(self) -> Steps:
        return self.window(prelude(), 0, 32, np.random.default_rng(0), varied=False)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        return ""


def add_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add its lines to the tables."""
    monkeypatch.setitem(REPRESENTATIONS, NAME, of)  # type: ignore[misc]
    monkeypatch.setitem(ENCODERS, NAME, ToyEncoder)  # type: ignore[misc]
