"""Writes scores as melodies: of what begins together the lowest note, and a chord where it is one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from models.contract.representation import Codes, Representation, Vocabulary
from models.contract.representations.melody import CHORD, START, VOCABULARY, words
from models.corpus.encoders.encoder import NONE, Steps
from models.corpus.perform import places
from models.corpus.pieces import Score

PHRASE = (
    (0, 60, 80, 24),
    (24, 62, 80, 12),
    (36, 64, 80, 12),
    (48, 65, 80, 24),
    (48, 69, 80, 24),
    (48, 72, 80, 24),
    (84, 67, 80, 48),
    (132, 60, 80, 6),
)


class MelodyEncoder:
    """See `Encoder`."""

    reads: ClassVar[tuple[str, ...]] = ("midi",)
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = NONE
    measured: ClassVar[int] = 256

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        said = words(representation.vocabulary)
        self._classes = {word: code for code, word in enumerate(said)}
        self._rests = sorted((ticks for kind, ticks in said if kind == "rest"), reverse=True)

    @classmethod
    def vocabulary(cls, pieces: Iterable[Score], settings: Mapping[str, int]) -> Vocabulary:
        return VOCABULARY

    def count(self, piece: Score) -> int:
        return len(np.unique(piece.notes[:, 0]))

    def window(
        self, piece: Score, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        onsets = np.unique(piece.notes[:, 0])[start:]
        codes, ticks, at = [START], [int(onsets[0])], int(onsets[0])
        for onset in onsets:
            for ticks_of_rest in self._rests:
                while onset - at >= ticks_of_rest:
                    codes.append(self._classes["rest", ticks_of_rest])
                    ticks.append(at)
                    at += ticks_of_rest
            notes = piece.notes[piece.notes[:, 0] == onset]
            pitch, duration = int(notes[0, 1]), int(notes[0, 3])
            kind = "chord" if tuple(notes[:, 1] - pitch) == CHORD else "length"
            codes += [self._nearest("pitch", pitch), self._nearest(kind, duration)]
            ticks += [int(onset)] * 2
            at = int(onset) + duration
        beats = places(np.array(ticks), piece.bars)[:, :1]
        found = np.array(codes[: length + 1])[:, None]
        return Steps(found, beats[: length + 1], np.ones((len(found) - 1, 1), bool))

    def golden(self) -> Steps:
        phrase = Score.piano("phrase", np.array(PHRASE, np.int32), np.array([[0, 8]], np.int32))
        return self.window(phrase, 0, 64, np.random.default_rng(0), varied=False)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        return ""

    def _nearest(self, kind: str, value: int) -> int:
        known = map(int, self.representation.vocabulary[kind])
        return self._classes[kind, min(known, key=lambda one: abs(one - value))]
