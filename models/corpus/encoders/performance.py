"""`performance`: notes as they are played, one a step (see the contract of that name)."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.asked import ASKED
from models.contract.representation import Codes, Representation, Vocabulary
from models.contract.representations.performance import PERFORMANCE, VELOCITIES
from models.contract.spans import DURATIONS, HELD, nearest
from models.corpus.encoders.encoder import Steps
from models.corpus.encoders.instruments import Instruments, named
from models.corpus.encoders.phrase import prelude
from models.corpus.encoders.playing import drawn_move, gaps, held_keys, origin_of
from models.corpus.perform import perform, places
from models.corpus.phrases import asked
from models.corpus.pieces import Longs, Piece, Score

TOLD: Final = 0.5
"""The share of windows in which what may be asked is known."""
WHOLE: Final = 0.5
"""The share of those in which it is known from the beginning."""

_DURATIONS = np.array(DURATIONS)


class PerformanceEncoder:
    """Notes as if someone played them (see `models.corpus.perform`); in half of the windows, some are still held.

    All parts but drums are on one piano (see `models.corpus.pieces.on_one_piano`), and which part a note is of is not
    told; where the vocabulary names instruments, each plays its own, drums too, and is told.
    A note that is held goes in as such, and how long it lasts is not asked for. What a network may be asked for is
    told in half of the windows that it learns from, from the beginning or from somewhere on; it is measured without.
    """

    reads: ClassVar[tuple[str, ...]] = ("midi", "musicxml", "abc")
    asks: ClassVar[tuple[str, ...]] = tuple(ASKED)
    settings: ClassVar[Mapping[str, int]] = MappingProxyType({"parts": 0})
    """parts: 1 to tell the instruments apart."""
    measured: ClassVar[int] = 256

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._instruments = Instruments.of(representation.vocabulary)
        self._length = representation.place_of("duration")
        self._lasts = representation.names.index("duration")

    @classmethod
    def vocabulary(cls, pieces: Iterable[Piece], settings: Mapping[str, int]) -> Vocabulary:
        """Return the representation's; with the instruments of these pieces, where they are to be told apart."""
        return {**PERFORMANCE.vocabulary, **(named(pieces) if settings["parts"] else {})}

    def count(self, piece: Piece) -> int:
        """Return how many notes it has, on one piano or on its instruments."""
        return len(self._instruments.notes(piece.score))

    def window(
        self, piece: Piece, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        """Return notes of a piece, the first chord being whole."""
        score = piece.score
        every = self._instruments.notes(score)
        onsets = every[:, 0]
        start = int(np.searchsorted(onsets, onsets[min(start, len(onsets) - 1)]))
        notes = every[start : start + length].astype(np.int64)
        pitched = self._instruments.pitched(notes)
        if varied and pitched.any():
            notes[pitched, 1] += drawn_move(notes[pitched, 1], rng)
        notes = perform(notes, score.bars, rng)
        first = int(notes[0, 0])
        origin = origin_of(first, score.bars, rng)
        codes, moved = encode(notes, origin)
        held = held_keys(moved, moved + notes[:, 3], rng)
        ticks = np.append(origin, moved)
        told = [_told(len(ticks), rng) if varied else len(ticks) for _ in self.representation.asked]
        return self._steps(codes, ticks, score, held, told)

    def golden(self) -> Steps:
        """Return two bars of a prelude; of several instruments the upper half is the second's."""
        phrase = prelude()
        notes = self._instruments.halved(phrase.notes.astype(np.int64))
        codes, onsets = encode(notes, 0)
        ticks = np.append(0, onsets)
        told = [len(ticks) // 2 for _ in self.representation.asked]
        return self._steps(codes, ticks, phrase, notes[:, 3] == 0, told)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return nothing: events are no text."""
        return ""

    def _steps(
        self,
        codes: Longs,
        ticks: Longs,
        piece: Score,
        held: NDArray[np.bool_],
        told: Sequence[int],
    ) -> Steps:
        """told: from which row on each condition that may be asked is known."""
        codes[held, self._length] = HELD
        scored = np.ones((len(codes), len(self.representation.factors)), bool)
        scored[held, self._lasts] = False
        start = self.representation.start_codes()[None]
        given = [places(ticks, piece.bars)]
        if told and min(told) < len(ticks):
            # What is asked of a step holds for the time after the one before.
            known = asked(np.append(ticks[:1], ticks[:-1]), piece)
            rows = np.arange(len(ticks))
            columns = zip(self.representation.asked, told, strict=True)
            given += [
                np.where(rows >= since, known[one.name], 0)[:, None] for one, since in columns
            ]
        elif told:
            given.append(np.zeros((len(ticks), len(told)), np.int64))
        return Steps(np.concatenate((start, codes)), np.concatenate(given, 1), scored)


def encode(notes: Longs, origin: int) -> tuple[Longs, Longs]:
    """Return codes (n, 5) of notes, (n, 4) or with instruments (n, 5), and the onsets that their classes can hold.

    origin: see `gaps`.
    """
    codes = np.zeros((len(notes), 5), np.int64)
    codes[:, 0], onsets = gaps(notes[:, 0], origin)
    codes[:, 1] = notes[:, 1]
    codes[:, 2] = np.clip(notes[:, 2], 0, 127) * VELOCITIES // 128
    codes[:, 3] = nearest(notes[:, 3], _DURATIONS)
    codes[:, 4:] = notes[:, 4:] if notes.shape[1] > 4 else 0
    return codes, onsets


def _told(steps: int, rng: Generator) -> int:
    """Return from which of so many steps on something is known; `steps` where it never is."""
    known, whole, since = rng.random(), rng.random(), int(rng.integers(steps))
    if known >= TOLD:
        return steps
    return 0 if whole < WHOLE else since
