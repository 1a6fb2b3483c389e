"""`drums`: hits as people strike them, one a step (see the contract of that name)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.random import Generator

from models.contract.grid import FINE, TICKS
from models.contract.representation import Codes, Representation, Vocabulary
from models.contract.representations.drums import DRUMS, drum_code, kit_of, placed
from models.contract.representations.performance import VELOCITIES
from models.corpus.encoders.encoder import NONE, Steps
from models.corpus.encoders.playing import gaps, origin_of
from models.corpus.perform import places
from models.corpus.pieces import Ints, Longs, Piece, Score

PHRASE: Final = tuple(
    sorted(
        [(onset, 42, 54 + 24 * (onset % 24 == 0), 0) for onset in range(0, 192, 12)]
        + [(onset, 36, 100, 0) for onset in (0, 60, 96, 148)]
        + [(onset, 38, 110, 0) for onset in (24, 72, 120, 168)]
        + [(onset, 38, 26, 0) for onset in (42, 90, 152)]
    )
)
"""What artifacts prove themselves with: onset, drum, velocity, no duration."""
LATE: Final = {36: -2, 38: 3, 42: 1}
"""By how many quarters of a tick its drums are late."""
BARS: Final = np.array([[0, 8]], np.int32)


class DrumsEncoder:
    """What is played on a drum channel, as it was played: nothing is made up and nothing is varied.

    Of hits of one drum at one place the hardest counts.
    """

    reads: ClassVar[tuple[str, ...]] = ("drums",)
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = NONE
    measured: ClassVar[int] = 256

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._kit = kit_of(representation.vocabulary)

    @classmethod
    def vocabulary(cls, pieces: Iterable[Piece], settings: Mapping[str, int]) -> Vocabulary:
        """Return the kit."""
        return DRUMS.vocabulary

    def count(self, piece: Piece) -> int:
        """Return how many hits it has, about: some may be of one drum at one place."""
        return max(sum(len(part.notes) for part in piece.score.parts if part.drums), 1)

    def window(
        self, piece: Piece, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        """Return hits of a piece, the first of those that belong together whole."""
        score = piece.score
        hits = self._hits(score)
        first = int(np.searchsorted(hits[:, 0], hits[min(start, len(hits) - 1), 0]))
        hits = hits[first : first + length]
        return self._steps(hits, origin_of(int(hits[0, 0]), score.bars, rng), score.bars)

    def golden(self) -> Steps:
        """Return two bars of a beat."""
        rows = [
            (onset, drum_code(drum, self._kit), velocity, LATE[drum])
            for onset, drum, velocity, _ in PHRASE
        ]
        hits = np.array(rows, np.int64)
        hits[:, 3] += self.representation.start[3]
        hits = hits[np.lexsort((hits[:, 1], hits[:, 0]))]
        return self._steps(hits, 0, BARS)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return nothing: hits are no text."""
        return ""

    def _hits(self, score: Score) -> Longs:
        """Return place, drum, velocity and class of offset (n, 4), sorted by place and drum."""
        tables = [_struck(part.notes, part.offsets) for part in score.parts if part.drums]
        onsets, keys, velocities = np.concatenate(tables).T
        # Hits before bar 1 belong to it, as a bar before.
        begins = score.bars[:, 0].astype(np.int64)
        row = np.maximum(np.searchsorted(begins * FINE, onsets + FINE, side="right") - 1, 0)
        bar = np.maximum(score.bars[row, 1].astype(np.int64), 8) * TICKS // 2
        since = begins[row] + (onsets // FINE - begins[row]) // bar * bar
        inside = [placed(one) for one in (onsets - since * FINE).tolist()]
        ticks, offsets = np.array(inside, np.int64).T
        drums = np.array([drum_code(key, self._kit) for key in keys.tolist()], np.int64)
        hits = np.stack((since + ticks, drums, velocities, offsets), 1)
        hits = hits[np.lexsort((hits[:, 2], hits[:, 1], hits[:, 0]))]
        last = np.append((np.diff(hits[:, :2], axis=0) != 0).any(1), True)
        return np.asarray(hits[last])

    def _steps(self, hits: Longs, origin: int, bars: Ints) -> Steps:
        codes = hits.copy()
        codes[:, 0], onsets = gaps(hits[:, 0], origin)
        codes[:, 2] = np.clip(hits[:, 2], 0, 127) * VELOCITIES // 128
        start = self.representation.start_codes()[None]
        scored = np.ones((len(codes), len(self.representation.factors)), bool)
        return Steps(
            np.concatenate((start, codes)), places(np.append(origin, onsets), bars), scored
        )


def _struck(notes: Ints, offsets: Ints) -> Longs:
    """Return when notes are struck, in parts of a tick, their keys and velocities (n, 3)."""
    struck = notes[:, :3].astype(np.int64)
    struck[:, 0] *= FINE
    if len(offsets):
        struck[:, 0] += offsets[:, 0]
    return struck
