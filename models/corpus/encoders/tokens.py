"""`tokens`: of what begins together one step, where the table has it (see the contract of that name)."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.representation import Codes, Representation, Vocabulary
from models.contract.representations.tokens import (
    ALL,
    KEYS,
    MOST,
    NEAREST,
    OTHERS,
    TABLE,
    TIMED,
    WIDEST,
    Pitches,
    is_timed,
    order,
    spelt,
    table_of,
)
from models.contract.spans import DURATIONS, HELD, nearest
from models.corpus.encoders.encoder import Steps
from models.corpus.encoders.playing import drawn_move, gaps, held_keys, moves, origin_of
from models.corpus.perform import STRICT, articulate, loosen, places
from models.corpus.pieces import Ints, Longs, Piece, Score

FURTHER: Final = 3
"""How many times as many chords as tokens are looked at at most."""
PHRASE: Final = (
    (0, 60, 0, 12), (12, 64, 0, 12), (24, 60, 0, 24), (24, 64, 0, 24), (24, 67, 0, 24), (48, 69, 0, 12),
    (60, 67, 0, 12), (72, 57, 0, 24), (72, 65, 0, 24), (84, 72, 0, 12), (96, 60, 0, 36), (96, 64, 0, 36),
    (132, 71, 0, 12), (144, 72, 0, 6), (150, 74, 0, 6), (156, 76, 0, 12), (168, 67, 0, 24), (192, 65, 0, 8),
    (200, 69, 0, 8), (208, 72, 0, 8), (216, 77, 0, 24), (240, 76, 0, 12), (252, 74, 0, 12), (264, 55, 0, 24),
    (264, 62, 0, 24), (276, 71, 0, 12), (288, 48, 0, 12), (300, 60, 0, 12), (300, 64, 0, 12), (312, 67, 0, 12),
    (324, 72, 0, 12), (336, 60, 0, 48), (336, 64, 0, 48), (336, 67, 0, 48), (336, 72, 0, 48),
)  # fmt: skip
"""What artifacts prove themselves with: onset, pitch, no velocity of its own, duration."""
BARS: Final = np.array([[0, 8]], np.int32)
_DURATIONS: Final = np.array(DURATIONS)

_log = logging.getLogger(__name__)


class TokensEncoder:
    """Pitches and chords, a little unevenly played; chords that are in no table are left out, and are silence.

    Or they are written as the nearest token, and learned in all keys, where the vocabulary says so.
    """

    reads: ClassVar[tuple[str, ...]] = ("midi", "musicxml", "abc")
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = MappingProxyType(
        {"rare": 1, "times": 1, "nearest": 0, "moved": 0}
    )
    """rare: tokens that are seen less often are none. times: 0 for eighths only. nearest: 1 to write other chords
    as the nearest token. moved: 1 to learn in all keys; a token is then seen wherever it is moved to."""
    measured: ClassVar[int] = 256

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._table = table_of(representation.vocabulary)
        self._timed = is_timed(representation)
        self._nearly = OTHERS in representation.vocabulary
        self._moved = KEYS in representation.vocabulary
        self._known: dict[Pitches, int] = {}

    @classmethod
    def vocabulary(cls, pieces: Iterable[Piece], settings: Mapping[str, int]) -> Vocabulary:
        """Return the table of what is seen often enough; ExtempoError where nothing is."""
        counts = Counter(pitches for piece in pieces for pitches in _chords(piece.score.notes))
        if settings["moved"]:
            counts = _in_all_keys(counts)
        often = [(count, pitches) for pitches, count in counts.items() if count >= settings["rare"]]
        commonest = (pitches for _, pitches in sorted(often, reverse=True)[:MOST])
        kept = sorted((one for one in commonest if len(one) <= WIDEST), key=order)
        if not kept:
            raise ExtempoError(_nothing(counts, settings["rare"]))
        share = sum(counts[pitches] for pitches in kept) / counts.total()
        _log.info(
            "tokens: %s of %s that differ, %.0f %% of all", f"{len(kept):,}", f"{len(counts):,}", 100 * share
        )  # fmt: skip
        timed = TIMED if settings["times"] else {}
        others = {OTHERS: [NEAREST]} if settings["nearest"] else {}
        keys = {KEYS: [ALL]} if settings["moved"] else {}
        return {**timed, **others, **keys, TABLE: [spelt(pitches) for pitches in kept]}

    def count(self, piece: Piece) -> int:
        """Return how many chords it has, be they tokens or not."""
        return max(len(_onsets(piece.score)), 1)

    def window(
        self, piece: Piece, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        """Return tokens of a piece, as written or as somebody plays them.

        So many chords are looked at; varied, more, so that there are as many tokens where some chords are none.
        """
        score = piece.score
        told = _onsets(score)[start : start + length * (FURTHER if varied else 1)]
        first, until = np.searchsorted(score.notes[:, 0], (told[:1], told[-1:] + 1))
        notes = score.notes[int(first.sum()) : int(until.sum())].astype(np.int64)
        if self._moved and varied and len(notes):
            notes[:, 1] += drawn_move(notes[:, 1], rng)
        if self._timed and len(notes):
            notes = _played(notes, rng)
        notes, codes = (each[:length] for each in self._tokens(notes))
        if not len(notes):
            return self._steps(notes, codes, 0, score.bars, None)
        origin = origin_of(int(notes[0, 0]), score.bars, rng)
        return self._steps(notes, codes, origin, score.bars, rng)

    def golden(self) -> Steps:
        """Return four bars, of the tokens that are nearest."""
        notes = np.array(PHRASE, np.int64)
        firsts = np.flatnonzero(np.append(notes[1:, 0] != notes[:-1, 0], True))
        codes = [self._table.nearest(pitches) for pitches in _chords(notes)]
        return self._steps(notes[firsts], np.array(codes), 0, BARS, None)

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return nothing: tokens are no text that anything else reads."""
        return ""

    def _tokens(self, notes: Longs) -> tuple[Longs, Longs]:
        """Return the highest note of each token (n, 4), and the tokens (n,), of notes (m, 4)."""
        notes = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
        codes = np.fromiter((self._code(pitches) for pitches in _chords(notes)), np.int64)
        tops = notes[np.append(notes[1:, 0] != notes[:-1, 0], True)[: len(notes)]]
        return tops[codes >= 0], codes[codes >= 0]

    def _code(self, pitches: Pitches) -> int:
        if pitches not in self._known:
            find = self._table.nearest if self._nearly else self._table.code
            self._known[pitches] = find(pitches)
        return self._known[pitches]

    def _steps(
        self, notes: Longs, tokens: Longs, origin: int, bars: Ints, rng: Generator | None
    ) -> Steps:
        """Return the steps of tokens. notes: the highest of each. rng: by which some are still held, if any are."""
        start = self.representation.start_codes()[None]
        scored = np.ones((len(tokens), len(self.representation.factors)), bool)
        if not self._timed:
            codes = np.concatenate((start, tokens[:, None]))
            return Steps(codes, np.zeros((len(codes), 1), np.int64), scored)
        times, onsets = gaps(notes[:, 0], origin) if len(notes) else (tokens, tokens)
        lengths = nearest(notes[:, 3], _DURATIONS)
        if rng is not None and len(notes):
            held = held_keys(onsets, onsets + notes[:, 3], rng)
            lengths[held], scored[held, -1] = HELD, False
        codes = np.concatenate((start, np.stack((times, tokens, lengths), 1)))
        return Steps(codes, places(np.append(origin, onsets), bars), scored)


def _onsets(piece: Score) -> Ints:
    """Return when chords begin, each once."""
    onsets = piece.notes[:, 0]
    begins = np.append(True, onsets[1:] != onsets[:-1])
    return np.asarray(onsets[begins[: len(onsets)]])


def _chords(notes: NDArray[np.integer]) -> Iterator[Pitches]:
    """Yield what begins together of notes that are sorted by onset, as rising pitches."""
    begins = np.flatnonzero(notes[1:, 0] != notes[:-1, 0]) + 1
    for chord in np.split(notes[:, 1], begins):
        if len(chord):
            yield tuple(sorted(set(chord.tolist())))


def _in_all_keys(counts: Mapping[Pitches, int]) -> Counter[Pitches]:
    moved: Counter[Pitches] = Counter()
    for pitches, count in counts.items():
        for move in moves(pitches[0], pitches[-1]):
            moved[tuple(pitch + move for pitch in pitches)] += count
    return moved


def _played(notes: Longs, rng: Generator) -> Longs:
    """Return notes a little off the grid, or as long as somebody holds them; chords stay whole.

    What comes as near as it would be one chord on stage is one.
    """
    played = notes.copy()
    played[:, 3] = articulate(notes[:, 3], rng)
    if rng.random() >= STRICT:
        chords, of = np.unique(notes[:, 0], return_inverse=True)
        played[:, 0] = loosen(chords, rng)[of]
    return played


def _nothing(counts: Mapping[Pitches, int], rare: int) -> str:
    if not counts:
        return "there is no music to make a table of tokens of: name a corpus that has some."
    commonest = max(counts, key=counts.__getitem__)
    return (
        f"no token is seen {rare:,} times in what is to be learned from (the commonest is {spelt(commonest)}, "
        f"{counts[commonest]:,} times): set rare lower below [writing] in the recipe, or add more music."
    )
