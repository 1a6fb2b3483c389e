"""The keys and scales that a voice may be held to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SCALES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "chromatic": tuple(range(12)),
        "major": (0, 2, 4, 5, 7, 9, 11),
        "minor": (0, 2, 3, 5, 7, 8, 10),
        "harmonic": (0, 2, 3, 5, 7, 8, 11),
        "dorian": (0, 2, 3, 5, 7, 9, 10),
        "phrygian": (0, 1, 3, 5, 7, 8, 10),
        "lydian": (0, 2, 4, 6, 7, 9, 11),
        "mixolydian": (0, 2, 4, 5, 7, 9, 10),
        "pentatonic": (0, 2, 4, 7, 9),
        "blues": (0, 3, 5, 6, 7, 10),
        "whole": (0, 2, 4, 6, 8, 10),
    }
)
"""Pitch classes above the key."""

KEYS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
ENHARMONICS: Final = MappingProxyType(
    {"db": "C#", "eb": "D#", "fb": "E", "gb": "F#", "ab": "G#", "bb": "A#", "cb": "B"}
    | {"e#": "F", "b#": "C"}
)
"""Other names of keys."""


def sharp(key: str) -> str:
    """Return a key's name in `KEYS`, for one that may be written otherwise; other words stay as they are."""
    return ENHARMONICS.get(key.casefold(), key)
