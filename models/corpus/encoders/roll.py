"""`roll`: of each tick of a piano roll one step, silence too (see the contract of that name).

Pieces stay notes: only the window that is looked at is written out, so silence takes no memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.random import Generator

from models.contract.errors import ExtempoError
from models.contract.representation import Codes, Representation, Vocabulary, width
from models.contract.representations.roll import (
    ABLE,
    PITCHES,
    SIXTEENTH,
    TOUCHES,
    key_down,
    lengths,
    roll,
    tick_of,
)
from models.contract.spans import nearest
from models.corpus.encoders.encoder import Steps
from models.corpus.encoders.playing import drawn_move, held_keys
from models.corpus.perform import articulate, places, touch
from models.corpus.pieces import Ints, Longs, Piece, Score, on_one_piano

PHRASE: Final = (
    (0, 48, 72, 48), (0, 60, 88, 12), (12, 64, 72, 6), (18, 65, 72, 6), (24, 67, 88, 24), (48, 55, 72, 24),
    (48, 60, 72, 24), (48, 64, 72, 24), (48, 72, 104, 36), (84, 71, 72, 12), (144, 48, 72, 48), (144, 69, 88, 18),
    (162, 67, 72, 6), (168, 65, 72, 12), (180, 64, 72, 12), (192, 50, 72, 48), (192, 53, 72, 48), (192, 62, 88, 72),
)  # fmt: skip
"""What artifacts prove themselves with: onset, pitch, velocity, duration; a beat and a half of it is silence."""
BARS: Final = np.array([[0, 8]], np.int32)


class RollEncoder:
    """Ticks of one instrument at a time, or of all on one piano, in a touch of their own where they have none."""

    reads: ClassVar[tuple[str, ...]] = ("midi", "musicxml", "abc")
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = MappingProxyType({"tick": SIXTEENTH, "apart": 0})
    """tick: ticks of the grid in one of the roll. apart: 1 to draw each pitch by itself."""
    measured: ClassVar[int] = 48

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._tick = tick_of(representation)
        self._lengths = np.array(lengths(self._tick))

    @classmethod
    def vocabulary(cls, pieces: Iterable[Piece], settings: Mapping[str, int]) -> Vocabulary:
        """Return the roll's tick; ExtempoError for one that no bar is made of."""
        tick = settings["tick"]
        if tick not in ABLE:
            raise ExtempoError(
                f"a tick of a roll of {tick} ticks fits no bar: choose one of {', '.join(map(str, ABLE))} "
                "(6 is a sixteenth)."
            )
        return roll(tick, jointly=not settings["apart"]).vocabulary

    def count(self, piece: Piece) -> int:
        """Return how many ticks its instruments have together."""
        return max(sum(self._span(notes)[1] for notes in instruments(piece.score)), 1)

    def window(
        self, piece: Piece, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        """Return ticks of one instrument: of the one that has this tick, where all are put end to end."""
        score = piece.score
        for notes in instruments(score):
            first, count = self._span(notes)
            if start < count:
                break
            start -= count
        else:
            return self._steps(np.zeros((0, 4), np.int64), 0, 1, score.bars, None)
        found = notes.astype(np.int64)
        found[:, 0] = self._nearest(found[:, 0])
        begin = first + start
        until = min(begin + length, first + count)
        sounding = (found[:, 0] < until) & (found[:, 0] + 1 + found[:, 3] // self._tick > begin)
        found = found[sounding]
        if len(found):
            found[:, 2] = touch(found * (self._tick, 1, 1, 1), score.bars, rng)
            found[:, 3] = articulate(found[:, 3], rng)
            if varied:
                found[:, 1] += drawn_move(found[:, 1], rng)
        return self._steps(found, begin, until - begin, score.bars, rng)

    def golden(self) -> Steps:
        """Return ten beats, of which some are silence."""
        notes = np.array(PHRASE, np.int64)
        notes[:, 0] = self._nearest(notes[:, 0])
        return self._steps(notes, 0, 240 // self._tick, BARS, None)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return nothing: ticks are no text."""
        return ""

    def _span(self, notes: Ints) -> tuple[int, int]:
        """Return the tick of the roll at which notes begin, and how many there are until all are over."""
        onsets = self._nearest(notes[:, 0].astype(np.int64))
        ends = onsets + np.maximum(notes[:, 3] // self._tick, 1)
        return int(onsets.min()), int(ends.max() - onsets.min())

    def _nearest(self, ticks: Longs) -> Longs:
        return (ticks + self._tick // 2) // self._tick

    def _steps(
        self, notes: Longs, begin: int, count: int, bars: Ints, rng: Generator | None
    ) -> Steps:
        """Return the steps of ticks of the roll. notes: (n, 4), onsets in those. rng: by which keys are still down."""
        pitches, written = PITCHES, self.representation
        codes = np.zeros((count + 1, width(written.inputs)), np.int64)
        held = np.zeros((count + 1, pitches), np.int64)
        scored = np.ones((count, len(written.factors)), bool)
        size = nearest(notes[:, 3], self._lengths * self._tick) if len(notes) else notes[:, 0]
        down = np.zeros(len(notes), bool)
        if rng is not None and len(notes):
            down = held_keys(notes[:, 0], notes[:, 0] + self._lengths[size], rng)
        ends = notes[:, 0] + self._lengths[size]
        for at, (onset, pitch, velocity, _) in enumerate(notes.tolist()):
            row, last = onset - begin + 1, int(ends[at]) - begin + 1
            # What is struck again is held no longer; notes come in the order of their onsets.
            held[max(row + 1, 0) :, pitch] = 0
            held[max(row + 1, 0) : max(last, 0), pitch] = 1
            if row < 1:
                continue
            codes[row, pitch] = 1 + velocity * TOUCHES // 128
            codes[row, pitches + pitch] = key_down(self._tick) if down[at] else 1 + size[at]
            scored[row - 1, 1] &= not down[at]
        ticks = (begin - 1 + np.arange(count + 1)) * self._tick
        codes[0], held[0] = written.start_codes(), 0
        return Steps(codes, np.concatenate((places(ticks, bars), held), 1), scored)


def instruments(score: Score) -> list[Ints]:
    """Return the notes of each instrument, drums apart; what several of its parts strike together is one note."""
    programs = list(dict.fromkeys(part.program for part in score.parts if not part.drums))
    if len(programs) < 2:
        return [score.notes] if len(score.notes) else []
    each = (
        on_one_piano([part.notes for part in score.parts if part.program == one and not part.drums])
        for one in programs
    )
    return [notes for notes in each if len(notes)]
