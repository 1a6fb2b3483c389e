"""The key of a sheet: as the knobs say it, or as the notes do; and how pitches are spelt in it."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from live.declared.scales import KEYS, sharp
from models.abc.keys import LETTERS, MAJOR, MINOR, NATURAL, Signature, of_fifths
from models.contract.grid import MIDDLE_C

_OF_SCALES: Final = MappingProxyType(
    {"major": "", "minor": "m", "harmonic": "m", "dorian": "dor", "phrygian": "phr", "lydian": "lyd"}
    | {"mixolydian": "mix", "pentatonic": "", "blues": "m", "whole": ""}
)  # fmt: skip
"""The mode in which a scale is written; chromatic has none."""
_SHARPER: Final = MappingProxyType({"": 0, "m": -3, "dor": -2, "phr": -4, "lyd": 1, "mix": -1})
"""By how many sharps a mode's signature has more than the major key's of the same tonic."""
_FIFTHS: Final = "FCGDAEB"


class Key(NamedTuple):
    """A key: its sharps, or flats below 0, and its mode as ABC says it."""

    fifths: int
    mode: str = ""

    @property
    def tonic(self) -> str:
        """Return the first note's name, such as F# or Bb."""
        letter, alter = _named(self.fifths - _SHARPER[self.mode])
        return letter + "#" * alter + "b" * -alter

    @property
    def signature(self) -> Signature:
        """Return by how much each letter is raised."""
        return of_fifths(self.fifths)


class Spelt(NamedTuple):
    """A pitch as it is written. alter: semitones; octave: 4 has middle C."""

    letter: str
    alter: int
    octave: int


C_MAJOR: Final = Key(0)


def of_knobs(key: str, scale: str) -> Key | None:
    """Return the key that the knobs of a voice ask for; None where all pitches are allowed."""
    if scale not in _OF_SCALES:
        return None
    return _written(KEYS.index(sharp(key)), _OF_SCALES[scale])


def estimated(notes: Iterable[tuple[int, float]]) -> Key:
    """Return the major or minor key that fits best. notes: pitches and how long they last."""
    weights = np.zeros(12)
    for pitch, length in notes:
        weights[pitch % 12] += length
    if np.ptp(weights) == 0:
        return C_MAJOR
    fits = {
        (tonic, mode): float(np.corrcoef(weights, np.roll(profile, tonic))[0, 1])
        for mode, profile in (("", MAJOR), ("m", MINOR))
        for tonic in range(12)
    }
    return _written(*max(fits, key=lambda one: fits[one]))


def spelt(pitch: int, key: Key) -> Spelt:
    """Return how a pitch is written in a key: as near to its tonic in the circle of fifths as can be."""
    lowest = key.fifths - (4 if key.mode in ("m", "phr") else 3)
    place = lowest + (pitch * 7 - lowest) % 12
    letter, alter = _named(place)
    natural = MIDDLE_C + NATURAL[LETTERS.index(letter)] + alter
    return Spelt(letter, alter, 4 + (pitch - natural) // 12)


def _named(place: int) -> tuple[str, int]:
    """Return the letter that is so many fifths above C, and by how much it is raised."""
    alter, index = divmod(place + 1, 7)
    return _FIFTHS[index], alter


def _written(tonic: int, mode: str) -> Key:
    """Return a key with as few sharps or flats as can be."""
    sharps = (tonic * 7 + _SHARPER[mode] + 6) % 12 - 6
    return Key(sharps if sharps > -6 else 6, mode)
