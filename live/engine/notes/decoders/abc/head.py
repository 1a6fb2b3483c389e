"""The fields before a tune, as the clock's metre and the knobs `key` and `scale` have them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from live.declared.metre import Metre
from live.declared.scales import KEYS, sharp
from models.abc.fields import field, metre_said
from models.abc.keys import NATURAL, TONICS, Signature, signature
from models.abc.state import State
from models.abc.transpose import FEWEST, MOST

_SPELT: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {0: ("",), -3: ("m", " Minor"), -2: ("dor", " Dorian"), -1: ("mix", " Mixolydian"), 1: ("lyd",), -4: ("phr",)}
)  # fmt: skip
"""Modes, by how many sharps their signature has more than a major key's, as tunes write them."""
_MODES: Final[Mapping[str, int]] = MappingProxyType(
    {"major": 0, "minor": -3, "harmonic": -3, "dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1}
    | {"pentatonic": 0, "blues": -3, "whole": 0}
)  # fmt: skip
"""The mode in which a scale is written."""
_METRES: Final[Mapping[Metre, tuple[str, ...]]] = MappingProxyType(
    {Metre(4, 4): ("C", "C|", "4/4"), Metre(2, 2): ("C|", "2/2", "C")}
)
_KNOWN: Final = ("2/4", "3/4", "C", "3/8", "6/8", "9/8", "12/8", "6/4", "3/2")
"""Metres in which there are tunes: another one is written as the nearest of them, where tunes lack its digits."""
_UNITS: Final = ("1/8", "1/16", "1/4")
_UNIT: Final = "1/8"


class Heads:
    """Writes the fields of tunes in the letters of one alphabet."""

    def __init__(self, alphabet: Iterable[str]) -> None:
        self._alphabet = frozenset(alphabet)

    def letters(self, state: State, metre: Metre, key: str, scale: str) -> frozenset[str]:
        """Return the letters that may come next, before K: has been read; none where no line can be written."""
        size = len(state.token)
        return frozenset(line[size] for line in self.lines(state, metre, key, scale))

    def said(self, state: State, metre: Metre, key: str, scale: str) -> State:
        """Return the state as if the next field had been written, where letters for it are missing."""
        name = _name(state)
        words = {"M": self.metres(metre), "L": (_UNIT,), "K": _keys(key, scale)}[name]
        return field(state, f"{name}:{words[0]}")

    def metres(self, metre: Metre) -> tuple[str, ...]:
        """Return how a metre is written."""
        written = _METRES.get(metre, (str(metre),))
        kept = tuple(one for one in written if self._alphabet.issuperset(one))
        return kept or (min(_KNOWN, key=lambda one: _apart(one, metre)),)

    def fits(self, state: State, metre: Metre) -> bool:
        """Return whether the metre that a tune says of itself is the clock's."""
        return state.metre == (0, 1) or state.metre in _said(self.metres(metre))

    def lines(self, state: State, metre: Metre, key: str, scale: str) -> tuple[str, ...]:
        """Return the lines that may come next, or go on from what is written of one."""
        name = _name(state)
        words = {"M": self.metres(metre), "L": _UNITS, "K": _keys(key, scale)}[name]
        lines = (f"{name}:{word}\n" for word in words)
        return tuple(
            line
            for line in lines
            if self._alphabet.issuperset(line) and line.startswith(state.token)
        )


@lru_cache(64)
def _said(metres: tuple[str, ...]) -> frozenset[tuple[int, int]]:
    return frozenset(map(metre_said, metres))


def _name(state: State) -> str:
    """Return which field is written now."""
    if state.token:
        return state.token[0]
    return "K" if state.given else "L" if state.metre != (0, 1) else "M"


def _apart(written: str, metre: Metre) -> tuple[float, bool]:
    beats, over = metre_said(written)
    return abs(beats / over - metre.beats / metre.unit), over != metre.unit


@lru_cache(256)
def _keys(key: str, scale: str) -> tuple[str, ...]:
    """Return the keys that a tune may say of itself: any where all pitches are allowed."""
    if scale != "chromatic":
        return _written(KEYS.index(sharp(key)), _MODES[scale])[0]
    return tuple(
        f"{TONICS[tonic]}{mode}"
        for more, modes in _SPELT.items()
        for tonic in range(len(TONICS))
        if FEWEST <= tonic - 7 + more <= MOST
        for mode in modes
    )


def _written(tonic: int, more: int) -> tuple[tuple[str, ...], int]:
    """Return how a key is written, and the semitones from there to its tonic: as few as can be.

    Tunes are written with few sharps and flats only: others are those of a neighbour, moved. more: see `_SPELT`.
    """
    for shift in (0, -1, 1, -2, 2):
        fifths = (tonic - shift) * 7 % 12 + more
        for sharps in (fifths - 12, fifths):
            place = sharps - more + 7
            if FEWEST <= sharps <= MOST and 0 <= place < len(TONICS):
                return tuple(f"{TONICS[place]}{mode}" for mode in _SPELT[more]), shift
    raise AssertionError(f"no key is written at {tonic}")


@lru_cache(1 << 10)
def shift(said: Signature, key: str, scale: str, now: int) -> int:
    """Return by how many semitones what is written is moved to lie in a scale.

    said: the signature of what is written. now: by how many it is moved, where any will do.
    """
    ours = _pitches(said)
    if scale == "chromatic" or len(ours) < 7:
        return now
    names, more = _written(KEYS.index(sharp(key)), _MODES[scale])
    wanted = {(one + more) % 12 for one in _pitches(signature(names[0]))}
    found = [by for by in range(-6, 7) if {(one + by) % 12 for one in ours} == wanted]
    return min(found, key=lambda by: (abs(by - now), abs(by)), default=now)


def _pitches(said: Signature) -> frozenset[int]:
    return frozenset((base + raised) % 12 for base, raised in zip(NATURAL, said, strict=True))


def guessed(pitch: int) -> str:
    """Return a key for a tune of which only one pitch is known."""
    for key in ("G", "D", "C", "A", "F", "Bb", "E", "Eb"):
        if pitch % 12 in _pitches(signature(key)):
            return key
    return "C"
