"""Letters of notes: which pitches can be reached from them, and how a pitch is written."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from models.abc.chords import KINDS, bass_and_chord
from models.abc.keys import LETTERS, Signature
from models.abc.notes import pitch_of
from models.abc.state import State
from models.contract.grid import MIDDLE_C

Pitches = frozenset[int]
_MARKS: Final = 3
"""Octave marks after a letter at most."""
NOTES: Final = LETTERS + LETTERS.lower()
SIGNS: Final = ("^", "_", "=")
_SHARPEST: Final = 2
_SYMBOLS: Final[Mapping[str, frozenset[int]]] = MappingProxyType(
    {
        f'"{symbol}"': frozenset(pitch % 12 for pitch in bass_and_chord(symbol)[1])
        for root in LETTERS
        for sign in ("", "#", "b")
        for name in KINDS
        for symbol in (root + sign + name,)
    }
)
"""Chord symbols, and the pitch classes of their notes."""


@lru_cache(256)
def written(allowed: bytes, shift: int) -> Pitches:
    """Return the pitches that may be written, where what sounds is so many semitones higher. allowed: of a mask."""
    mask = np.frombuffer(allowed, np.bool_)
    return frozenset(pitch - shift for pitch in np.flatnonzero(mask).tolist())


def reached(state: State, sign: str, allowed: Pitches) -> frozenset[str]:
    """Return the letters that lead to a pitch that is allowed, after a sign or none."""
    return _reached(state.signature, state.altered, sign, allowed)


@lru_cache(1 << 12)
def _reached(
    signature: Signature, altered: tuple[tuple[str, int], ...], sign: str, allowed: Pitches
) -> frozenset[str]:
    state = State(signature=signature, altered=altered)
    return frozenset(
        letter for letter in NOTES if not allowed.isdisjoint(_octaves(state, sign, letter, 0))
    )


def signs(state: State, allowed: Pitches) -> frozenset[str]:
    """Return the accidentals after which some letter leads to a pitch that is allowed."""
    return frozenset(sign for sign in SIGNS if reached(state, sign, allowed))


def marks(state: State, sign: str, letter: str, begun: str, allowed: Pitches) -> frozenset[str]:
    """Return the octave marks that lead on to a pitch that is allowed."""
    if allowed.isdisjoint(_octaves(state, sign, letter, len(begun) + 1)):
        return frozenset()
    return frozenset("'" if letter.islower() else ",")


def _octaves(state: State, sign: str, letter: str, least: int) -> Iterator[int]:
    mark = "'" if letter.islower() else ","
    for count in range(least, _MARKS + 1):
        pitch = pitch_of(state, sign, letter, mark * count)
        if 0 <= pitch <= 127:
            yield pitch


@lru_cache(64)
def symbols(allowed: Pitches, alphabet: frozenset[str]) -> frozenset[str]:
    """Return the chord symbols, in their quotes, that can be written and whose notes are allowed."""
    classes = {pitch % 12 for pitch in allowed}
    return frozenset(
        word for word, chord in _SYMBOLS.items() if chord <= classes and alphabet.issuperset(word)
    )


def spelt(state: State, pitch: int) -> str:
    """Return a pitch as it is written here, with an accidental where it needs one."""
    sharp = sum(state.signature) >= 0
    order = ("", "=", "^", "_") if sharp else ("", "=", "_", "^")
    for sign in order:
        for letter in NOTES:
            for count in range(_MARKS + 1):
                written = ("'" if letter.islower() else ",") * count
                if pitch_of(state, sign, letter, written) == pitch:
                    return sign + letter + written
    # Higher or lower than letters reach.
    return spelt(state, pitch - 12 if pitch > MIDDLE_C else pitch + 12)


@lru_cache(1 << 10)
def nearest(key: str, scale: str, low: int, high: int, pitch: int) -> int:
    """Return the pitch that is played for one: itself, an octave of it, or else the nearest, as is allowed.

    What was written before the knobs were turned may be none that they allow.
    """
    allowed = np.flatnonzero(masks.pitches(NoteKnobs(key=key, scale=scale, low=low, high=high)))
    return int(min(allowed.tolist(), key=lambda one: (bool((one - pitch) % 12), abs(one - pitch))))
