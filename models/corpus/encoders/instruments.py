"""Which instrument plays what of a score: the parts of a piece as the instruments that a network knows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.contract.grid import MIDDLE_C
from models.contract.representation import Vocabulary
from models.contract.representations.performance import DRUMS, MOST, PARTS
from models.corpus.pieces import Ints, Longs, Part, Piece, Score, on_one_piano

FAMILY: Final = 8
"""Programs of General MIDI that are of one family."""


def named(pieces: Iterable[Piece]) -> dict[str, list[int | str]]:
    """Return the vocabulary of the instruments that have most notes in these pieces, the first of them first."""
    notes: Counter[int] = Counter()
    for piece in pieces:
        for part in piece.score.parts:
            notes[_program(part)] += len(part.notes)
    return {PARTS: [program for program, _ in notes.most_common(MOST)] or [0]}


class Instruments:
    """The instruments of a vocabulary, by their numbers; of one that names none, one piano. Any thread may ask it."""

    def __init__(self, programs: Sequence[int]) -> None:
        self._programs = tuple(programs)

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Self:
        """Return those of a vocabulary that was found good."""
        return cls([int(one) for one in vocabulary.get(PARTS, ())])

    def notes(self, score: Score) -> Ints:
        """Return a score's notes (n, 4) on one piano; of instruments (n, 5), sorted by onset, instrument and pitch.

        Each instrument sounds as one does: what two of its parts strike together is one note. Not to be written to.
        """
        if not self._programs:
            return score.notes
        if self._programs not in score.written:
            score.written[self._programs] = self._played(score)
        return score.written[self._programs]

    def pitched(self, notes: Longs) -> NDArray[np.bool_]:
        """Return which notes are moved to other keys: all but those of drums."""
        if DRUMS not in self._programs:
            return np.ones(len(notes), np.bool_)
        return np.asarray(notes[:, 4] != self._programs.index(DRUMS))

    def halved(self, notes: Longs) -> Longs:
        """Return notes of one piano as two instruments play them, the second from middle C up, if there are two."""
        if not self._programs:
            return notes
        second = (notes[:, 1] >= MIDDLE_C) & (len(self._programs) > 1)
        return np.insert(notes, 4, second, axis=1)

    def _played(self, score: Score) -> Ints:
        tables = [np.zeros((0, 5), np.int32)]
        numbers = [self._number(_program(part)) for part in score.parts]
        for number in sorted(set(numbers)):
            parts = zip(score.parts, numbers, strict=True)
            played = on_one_piano([part.notes for part, of in parts if of == number])
            tables.append(np.insert(played, 4, number, axis=1))
        table = np.concatenate(tables)
        return np.asarray(table[np.lexsort((table[:, 1], table[:, 4], table[:, 0]))])

    def _number(self, program: int) -> int:
        """Return the number of an instrument, or of the one that is nearest: of its family, or whose program is."""
        apart = [
            (one == DRUMS) != (program == DRUMS) or one // FAMILY != program // FAMILY
            for one in self._programs
        ]
        far = [abs(one - program) for one in self._programs]
        return min(range(len(far)), key=lambda number: (apart[number], far[number]))


def _program(part: Part) -> int:
    return DRUMS if part.drums else part.program
