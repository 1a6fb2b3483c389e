"""What a piece says of itself beside its notes: how long it lasts, on which instruments, in which metres and tempi."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.contract.grid import TICKS

FAMILIES: Final = (
    *("piano", "tuned percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "pipe", "synth lead", "synth pad", "synth effects", "world", "percussion", "effects"),
)
"""General MIDI's programs, eight by eight."""
DRUM_KIT: Final = "drums"
NO_INSTRUMENT: Final = "not said"
USUAL_MICROSECONDS: Final = 500_000
"""Of a beat where nothing is said."""
SHARPS: Final = 7
"""Of a key at most; so many flats, too."""
ROUND: Final = (
    *("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G"),
    *("D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#"),
)
"""Tonics along the circle of fifths, that of seven flats first; a minor key's lies three further."""


class Facts(NamedTuple):
    """notes: by instrument, drums too. metres: in their order. tempo: in which it begins, beats a minute; 0: not said.

    unisons: see `Piece.unisons`. pitches: notes of each pitch class (12,), drums left out. key: as it is written, empty
    where it is not.
    """

    seconds: float
    notes: Mapping[str, int]
    pitches: NDArray[np.int64]
    metres: tuple[str, ...]
    tempo: float
    key: str = ""
    unisons: int = 0


def instrument(program: int, drums: bool) -> str:
    """Return the family of an instrument."""
    return DRUM_KIT if drums else FAMILIES[program // 8]


def lasting(tempi: NDArray[Any], end: int) -> float:
    """Return the seconds up to a tick; tempi (t, 2), ticks and from there the microseconds of a beat."""
    marks = [(0, USUAL_MICROSECONDS), *tempi.tolist()]
    ends = [*tempi[:, 0].tolist(), end]
    seconds = 0.0
    for (begin, microseconds), until in zip(marks, ends, strict=True):
        seconds += max(min(until, end) - max(begin, 0), 0) / TICKS * microseconds / 1e6
    return seconds


def first_tempo(tempi: NDArray[Any], first: int) -> float:
    """Return the beats a minute at the first note; 0 where nothing was said by then. See `lasting`."""
    said = tempi[tempi[:, 0] <= first]
    return 60e6 / float(said[-1, 1]) if len(said) else 0.0


def key_named(sharps: int, minor: int) -> str:
    """Return the key of so many sharps (flats below 0)."""
    return f"{ROUND[sharps + SHARPS + 3 * minor]} {'minor' if minor else 'major'}"


def metres_named(metres: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """Return metres in their order, each once, without those that are not known."""
    return tuple(dict.fromkeys(f"{upper}/{lower}" for upper, lower in metres if upper))


def classes(pitches: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many there are of each pitch class."""
    return np.bincount(pitches % 12, minlength=12)
