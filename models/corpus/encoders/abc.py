"""`abc`: tunes as their text, one character a step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.abc.place import Places
from models.abc.reader import feed
from models.abc.state import State
from models.abc.transpose import transposed
from models.contract.representation import Codes, Representation, Vocabulary
from models.contract.representations.abc import CHARACTERS
from models.corpus.encoders.encoder import NONE, Steps
from models.corpus.readers.abc import TunePiece

RARE: Final = 3
"""Characters that fewer tunes have than this are none that a network learns."""
KEYS: Final = (-3, -2, -1, 1, 2, 3)
"""Along the circle of fifths, how far a tune is moved."""
AS_WRITTEN: Final = 0.8
"""The share of windows that stay in their key."""
TEXT: Final = "M:C\nL:1/8\nK:G\nD|G2Bc dBAG|F2A>d (3BAG A2|\n"
PHRASE: Final = (
    (0, 67, 0, 24), (24, 71, 0, 12), (36, 72, 0, 12), (48, 74, 0, 12), (60, 71, 0, 12), (72, 69, 0, 12),
    (84, 67, 0, 12), (96, 66, 0, 24), (120, 69, 0, 18), (138, 74, 0, 6), (144, 71, 0, 8), (152, 69, 0, 8),
    (160, 67, 0, 8), (168, 69, 0, 24),
)  # fmt: skip
"""What is heard of the text by who joins on its first beat: onset, pitch, no velocity of its own, duration."""


class AbcEncoder:
    """Tunes from their beginning; one that is longer than the window may begin at any of its lines."""

    reads: ClassVar[tuple[str, ...]] = ("abc",)
    asks: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, int]] = NONE
    measured: ClassVar[int] = 4096
    """Whole tunes, but for endless ones: as on stage, what was before is not forgotten."""

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._letters = tuple(map(str, representation.vocabulary[CHARACTERS]))
        self._codes = {letter: code for code, letter in enumerate(self._letters)}
        self._places = Places(self._codes)
        self._given = lru_cache(1 << 15)(self._given_of)

    @classmethod
    def vocabulary(cls, pieces: Iterable[TunePiece], settings: Mapping[str, int]) -> Vocabulary:
        """Return the characters that tunes are made of, but for those that hardly any has."""
        texts = [set(piece.text) for piece in pieces]
        having = Counter(letter for letters in texts for letter in letters)
        # Of a few tunes nearly every character counts.
        least = min(RARE, max(len(texts) // 3, 1))
        return {CHARACTERS: sorted(letter for letter, count in having.items() if count >= least)}

    def count(self, piece: TunePiece) -> int:
        """Return how many characters it has."""
        return len(piece.text)

    def window(
        self, piece: TunePiece, start: int, length: int, rng: Generator, *, varied: bool
    ) -> Steps:
        """Return a tune from `start` on; varied: from its beginning where it finds room, most often in another key."""
        text = piece.text
        if varied and rng.random() >= AS_WRITTEN:
            text = transposed(text, int(rng.choice(KEYS)))
        codes, conditions = self._written(text)
        if varied and len(text) <= length:
            start = 0
        part = slice(start, start + length)
        known = codes[part] >= 0
        fed = np.where(known, codes[part], 0)[:, None]
        return self._steps(fed, conditions[start : start + len(fed) + 1], known[:, None])

    def golden(self) -> Steps:
        """Return two bars of a reel."""
        codes, conditions = self._written(TEXT)
        known = codes >= 0
        return self._steps(
            codes[known][:, None], conditions[: known.sum() + 1], known[known][:, None]
        )

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return a file of tunes, numbered from 1."""
        tunes = ("".join(self._letters[int(code)] for (code,) in piece) for piece in pieces)
        return "\n".join(f"X:{number}\n{tune.rstrip()}\n" for number, tune in enumerate(tunes, 1))

    def _steps(
        self, codes: NDArray[np.int64], conditions: NDArray[np.int64], scored: NDArray[np.bool_]
    ) -> Steps:
        start = self.representation.start_codes()[None]
        return Steps(np.concatenate((start, codes)), conditions, scored)

    def _written(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the codes of a text, -1 for none, and the conditions of each and of what follows.

        The first conditions are those of the step before the first character.
        """
        codes = np.array([self._codes.get(letter, -1) for letter in text], np.int64)
        return codes, self._given(text)

    def _given_of(self, text: str) -> NDArray[np.int64]:
        state = State()
        rows = [self._places.of(state)] * 2
        for letter in text:
            state, _ = feed(state, letter)
            rows.append(self._places.of(state))
        # Those of a character are what the ones before it say.
        return np.array(rows[:-1], np.int64)
