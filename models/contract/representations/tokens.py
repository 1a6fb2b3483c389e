"""`tokens`: a step is what begins together, one token: a pitch or a chord, with the time before it and its duration.

The table of tokens is data of the artifact. A token is written as its pitches from the bottom up (`C4.E4.G4`), and
lasts as long as its highest note. Tables are in the order of `order`: what copies moves chords to other keys by it.
Where the vocabulary has no time and no duration, steps are tokens alone, each an eighth after the one before: they
then know no place in the bar either.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS, METRES, TICKS, pitch_name
from models.contract.representation import Column, Repeats, Representation, Vocabulary
from models.contract.spans import DURATIONS, TIMES

NAME: Final = "tokens"
TABLE: Final = "tokens"
"""The name in the vocabulary of all tokens, in the order of their codes."""
OTHERS: Final = "others"
"""The name of what becomes of chords that are no token where music is written down: NEAREST, or they are left out."""
NEAREST: Final = "nearest"
KEYS: Final = "keys"
"""The name of the keys in which music is learned: ALL, or its own."""
ALL: Final = "all"
TIMED: Final[Vocabulary] = {"time": list(TIMES), "duration": list(DURATIONS)}
"""What a vocabulary says where steps have a time and a duration."""
MOST: Final = 4096
"""Tokens of a table at most."""
WIDEST: Final = 24
"""Pitches of a token at most."""
EIGHTH: Final = TICKS // 2

_PITCHES: Final = {pitch_name(pitch): pitch for pitch in range(128)}
_PAD: Final = len(_PITCHES)
_OTHER: Final = 12
"""How much farther another pitch class is than a pitch's own in the next octave."""

Pitches = tuple[int, ...]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return the representation with an artifact's table; ArtifactError, naming the file, if that is none."""
    tokens = _checked(vocabulary.get(TABLE, ()), where)
    said = {name: list(vocabulary[name]) for name in vocabulary if name != TABLE}
    chosen: dict[str, list[int | str]] = {
        name: said.pop(name) for name in (OTHERS, KEYS) if name in said
    }
    known = chosen.get(OTHERS, [NEAREST]) == [NEAREST] and chosen.get(KEYS, [ALL]) == [ALL]
    if not known or said not in ({}, TIMED):
        raise ArtifactError(
            f"{where} writes tokens otherwise than this extempo does: train the model again, or use the extempo "
            "that it was made with."
        )
    told: dict[str, list[int | str]] = {**said, **chosen, TABLE: tokens}
    count = len(tokens)
    made_of = tuple(_read(str(token)) for token in tokens)
    fed = Column("token", count + 1, values=(*range(count), -1), made_of=made_of)
    drawn = Column("token", count, made_of=made_of)
    if not said:
        return Representation(NAME, (fed,), (drawn,), (Column("nowhere", 1),), (count,), told)
    return Representation(
        NAME,
        inputs=(
            Column("time", len(TIMES), values=TIMES),
            fed,
            Column("duration", len(DURATIONS) + 1),
        ),
        factors=(
            Column("time", len(TIMES), placed=False),
            drawn,
            Column("duration", len(DURATIONS)),
        ),
        conditions=(Column("beat", BEATS), Column("tick", TICKS), Column("metre", METRES)),
        start=(0, count, 0),
        vocabulary=told,
        # Moved in the table by as much, a chord is the same in another key, as far as tables are in their order.
        repeats=Repeats("time", "token", "metre", alike=("duration",)),
    )


def is_timed(written: Representation) -> bool:
    """Return whether steps have a time and a duration."""
    return len(written.factors) > 1


def spelt(pitches: Sequence[int]) -> str:
    """Return a token of rising pitches as it is written."""
    return ".".join(map(pitch_name, pitches))


def order(pitches: Pitches) -> tuple[int, Pitches, int]:
    """Return where rising pitches stand in a table: chords of the same intervals are side by side, rising."""
    low = pitches[0]
    return len(pitches), tuple(pitch - low for pitch in pitches), low


def table_of(vocabulary: Vocabulary) -> "Table":
    """Return the table of a vocabulary that was found good; made once."""
    return _table(tuple(map(str, vocabulary[TABLE])))


class Table:
    """Tokens as pitches. Any thread may ask it; its arrays are not to be written to.

    pitches: of each token, rising. tops, lows: int64 (tokens,), the highest pitch of each, and the lowest.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.pitches = tuple(_read(token) for token in tokens)
        self._codes = {pitches: code for code, pitches in enumerate(self.pitches)}
        self.sizes = np.array([len(one) for one in self.pitches])
        self.tops = np.array([one[-1] for one in self.pitches])
        self.lows = np.array([one[0] for one in self.pitches])
        padded = [one + (_PAD,) * (int(self.sizes.max()) - len(one)) for one in self.pitches]
        self._padded = np.array(padded)
        has = np.zeros((len(padded), _PAD + 1), np.bool_)
        has[np.arange(len(padded))[:, None], self._padded] = True
        self._bits = _bits(has[:, :_PAD])
        # How far each pitch is from the nearest of each token, (tokens, 128).
        self._far = _FAR[self._padded[:, 0]]
        for column in self._padded.T[1:]:
            self._far = np.minimum(self._far, _FAR[column])

    def code(self, pitches: Collection[int]) -> int:
        """Return the token of just these pitches, -1 where there is none."""
        return self._codes.get(tuple(sorted(set(pitches))), -1)

    def nearest(self, pitches: Collection[int]) -> int:
        """Return the token that is nearest to these pitches, one at least: it has those, if there is one.

        Another octave of a pitch is nearer than any other pitch class; what is missing counts as what is too much.
        """
        exact = self.code(pitches)
        if exact >= 0:
            return exact
        wanted = sorted(set(pitches))
        missing = self._far[:, wanted].sum(1, dtype=np.int64)
        beside = np.append(_FAR[wanted].min(0), 0)
        return int((missing + beside[self._padded].sum(1)).argmin())

    def within(self, allowed: Bools, most: int) -> Bools:
        """Return which tokens have allowed pitches only, (128,), and at most so many."""
        low, high = _bits(~allowed)[0]
        lows, highs = self._bits.T
        return np.asarray(((lows & low) | (highs & high) == 0) & (self.sizes <= most))

    def mean(self, values: Numbers) -> Numbers:
        """Return the mean of a value for each pitch, (128,), over those of each token."""
        return np.asarray(np.append(values, 0.0)[self._padded].sum(1) / self.sizes)


@lru_cache(16)
def _table(tokens: tuple[str, ...]) -> Table:
    return Table(tokens)


def _read(token: str) -> Pitches:
    """Return a token's pitches; KeyError if it has something else."""
    return tuple(_PITCHES[name] for name in token.split("."))


def _checked(tokens: Sequence[str | int], where: str) -> list[int | str]:
    if not 0 < len(tokens) <= MOST:
        had = f"a table of {len(tokens):,} tokens" if tokens else "no table of tokens"
        raise ArtifactError(
            f"{where} has {had}, and there may be {MOST:,}, one at least: export it again, or train it with "
            "fewer (rare in its recipe)."
        )
    seen: set[str | int] = set()
    for token in tokens:
        if not isinstance(token, str) or not _is_token(token):
            raise ArtifactError(
                f"{where} has a token {str(token)[:40]!r}, and a token is 1 to {WIDEST} rising pitches such as "
                "'C4.E4.G4': export it again."
            )
        if token in seen:
            raise ArtifactError(f"{where} has the token {token!r} twice: export it again.")
        seen.add(token)
    return [str(token) for token in tokens]


def _is_token(token: str) -> bool:
    names = token.split(".", WIDEST)
    if len(names) > WIDEST or not all(name in _PITCHES for name in names):
        return False
    return all(low < high for low, high in pairwise(_PITCHES[name] for name in names))


def _bits(has: Bools) -> NDArray[np.uint64]:
    """Return which pitches there are, (..., 128), as two numbers a row."""
    packed = np.packbits(has, -1, "little")
    return np.ascontiguousarray(packed).view(np.uint64).reshape(-1, 2)


def _distances() -> NDArray[np.int16]:
    """Return how far pitches are from each other, (129, 128); the last row is what is no pitch: far from all."""
    pitches = np.arange(len(_PITCHES))
    apart = np.abs(pitches[:, None] - pitches)
    octaves = np.where(apart, 1 + apart // 12, 0)
    far = np.where(apart % 12, _OTHER + apart, octaves)
    return np.append(far, np.full((1, len(pitches)), 1 << 10), 0).astype(np.int16)


_FAR: Final = _distances()
