"""What the player played last, as one phrase: a value that moments keep, and what an answer takes from it."""

from dataclasses import dataclass
from functools import lru_cache
from math import log2
from statistics import fmean, pstdev
from typing import Final

from live.engine.notes.fitting import Key, heard_key
from models.contract.grid import TICKS, Note

NOTES: Final = 32
"""Notes of a phrase that are remembered at most, the last ones."""
APART: Final = 2 * TICKS
"""A rest of so many ticks in which the voice played ends a phrase."""
LONG_APART: Final = 8 * TICKS
"""Any rest of so many ticks does."""
SHARE: Final = 0.9
"""Of the onsets, how many have no more notes than `Phrase.voices`."""

Heard = tuple[int, int, int]
"""Onset, pitch and duration (0: the key is still down), in ticks."""


def gone_on(phrase: tuple[Heard, ...], own: bool, note: Note | None) -> tuple[Heard, ...]:
    """Return the phrase with a note that was heard. own: whether the voice itself played what came before."""
    if note is None:
        return phrase
    if phrase:
        rest = note.onset - phrase[-1][0]
        if rest > (APART if own else LONG_APART):
            phrase = ()
    return (*phrase[1 - NOTES :], (note.onset, note.pitch, note.duration))


def shifted(phrase: tuple[Heard, ...], ticks: int) -> tuple[Heard, ...]:
    """Return the same phrase so many ticks later."""
    return tuple((onset + ticks, pitch, duration) for onset, pitch, duration in phrase)


@dataclass(frozen=True, slots=True)
class Phrase:
    """What an answer takes from a phrase.

    until: the tick of its last onset. voices: how many notes it strikes together. low, high: its lowest and highest
    pitch. density: onsets in four beats, 0 where none can be told. length, spread: how long its notes are, mean and
    deviation of the logarithm to base 2 of ticks; None where too few have ended. key: None where too few notes tell it.
    top: the last note of its top line, a pitch class.
    """

    until: int
    voices: int
    low: int
    high: int
    density: float
    length: float | None
    spread: float
    key: Key | None
    top: int


@lru_cache(32)
def phrase_of(heard: tuple[Heard, ...]) -> Phrase | None:
    """Return what there is to take from notes that were heard; None of none."""
    if not heard:
        return None
    together: dict[int, list[int]] = {}
    for onset, pitch, _ in heard:
        together.setdefault(onset, []).append(pitch)
    sizes = sorted(map(len, together.values()))
    pitches = [pitch for _, pitch, _ in heard]
    lengths = [log2(duration) for _, _, duration in heard if duration]
    first, until = min(together), max(together)
    density = (len(together) - 1) * 4 * TICKS / (until - first) if until > first else 0.0
    return Phrase(
        until=until,
        voices=sizes[min(int(SHARE * len(sizes)), len(sizes) - 1)],
        low=min(pitches),
        high=max(pitches),
        density=density,
        length=fmean(lengths) if len(lengths) > 2 else None,
        spread=pstdev(lengths) if lengths else 0.0,
        key=heard_key(tuple((pitch, duration or TICKS) for _, pitch, duration in heard)),
        top=max(together[until]) % 12,
    )
