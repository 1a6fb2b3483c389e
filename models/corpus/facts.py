"""What a piece says of itself beside its notes: how long it lasts, on which instruments, in which metres and tempi."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.abc.reader import read as read_tune
from models.abc.state import BEAT
from models.contract.grid import TICKS
from models.corpus.pieces import Longs, Piece, Score

FAMILIES: Final = (
    *("piano", "tuned percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "pipe", "synth lead", "synth pad", "synth effects", "world", "percussion", "effects"),
)
"""General MIDI's programs, eight by eight."""
DRUM_KIT: Final = "drums"
TUNE: Final = "not said"
"""The instrument of who names none."""
USUAL_MICROSECONDS: Final = 500_000
"""Of a beat where nothing is said."""
SHARPS: Final = 7
"""Of a key at most; so many flats, too."""
ROUND: Final = (
    *("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G"),
    *("D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#"),
)
"""Tonics along the circle of fifths, that of seven flats first; a minor key's lies three further."""

_FIELD: Final = re.compile(r"^([MK]):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


class Facts(NamedTuple):
    """notes: by instrument, drums too. metres: in their order. tempo: in which it begins, beats a minute; 0: not said.

    unisons: see `Score.unisons`. pitches: notes of each pitch class (12,), drums left out. key: as it is written, empty
    where it is not.
    """

    seconds: float
    notes: Mapping[str, int]
    pitches: Longs
    metres: tuple[str, ...]
    tempo: float
    key: str = ""
    unisons: int = 0


def facts(piece: Piece) -> Facts:
    """Return what a piece says of itself."""
    return _of_score(piece) if isinstance(piece, Score) else _of_tune(piece)


def _of_score(score: Score) -> Facts:
    notes: Counter[str] = Counter()
    for part in score.parts:
        notes[DRUM_KIT if part.drums else FAMILIES[part.program // 8]] += len(part.notes)
    metres = dict.fromkeys(f"{upper}/{lower}" for _, upper, lower in score.metres.tolist() if upper)
    end = max(int((part.notes[:, 0] + part.notes[:, 3]).max()) for part in score.parts)
    tempi = score.tempi.tolist() or [(0, USUAL_MICROSECONDS)]
    seconds = 0.0
    for (begin, microseconds), until in zip(tempi, [t for t, _ in tempi[1:]] + [end], strict=True):
        seconds += max(min(until, end) - max(begin, 0), 0) / TICKS * microseconds / 1e6
    first = 60e6 / tempi[0][1] if len(score.tempi) else 0.0
    key = _named(*score.keys[0, 1:].tolist()) if len(score.keys) else ""
    pitches = _classes(score.notes[:, 1])
    return Facts(seconds, notes, pitches, tuple(metres), first, key, score.unisons)


def _named(sharps: int, minor: int) -> str:
    """Return the key of so many sharps (flats below 0)."""
    return f"{ROUND[sharps + SHARPS + 3 * minor]} {'minor' if minor else 'major'}"


def _of_tune(piece: Any) -> Facts:
    sounds = [one for one in read_tune(piece.text) if one.voice >= 0]
    said = _FIELD.findall(piece.text)
    metres = dict.fromkeys(value for name, value in said if name == "M")
    keys = [value for name, value in said if name == "K"]
    beats = max((one.onset + one.length for one in sounds), default=0) / BEAT
    pitches = np.array([pitch for one in sounds for pitch in one.pitches], np.int64)
    seconds = beats * USUAL_MICROSECONDS / 1e6
    key = keys[0] if keys else ""
    return Facts(seconds, {TUNE: len(pitches)}, _classes(pitches), tuple(metres), 0.0, key)


def _classes(pitches: NDArray[Any]) -> Longs:
    return np.bincount(pitches % 12, minlength=12)
