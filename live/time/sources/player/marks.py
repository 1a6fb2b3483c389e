"""Marks of an onset, by which people know a beat: loud or soft, high or low, one note or a chord, a drum of the kit.

Each mark is a number; what it tells of the place in the beat was learned (scripts/beat/learn.py).
"""

from typing import Final, NamedTuple

from live.time.sources.player.onset import Onset

_FOLLOW: Final = 0.15
"""How much of an onset the running means take over."""
_RECENT: Final = 6
"""Onsets in which a pitch class is not new."""
_LOUDER: Final = 0.12
_SOFTER: Final = -0.15
_STEPS: Final = (-8, -3, -1, 0, 2, 7)
"""Intervals in semitones up to which one kind goes; what is beyond the last is another."""
KEYS: Final = 12

OF_PITCHES: Final = 29
"""How many marks there are of instruments with pitches."""
OF_DRUMS: Final = 30
"""How many there are of drums."""


MOST: Final = 32
"""Marks of one onset at most."""


class Past(NamedTuple):
    """What marks are told by: running means, and the last onsets; a value."""

    velocity: float
    low: float
    notes: float
    last: Onset | None = None
    recent: tuple[int, ...] = ()


def marked(past: Past | None, onset: Onset, drums: bool) -> tuple[Past, list[int]]:
    """Return the past with an onset, and the marks of that."""
    past = past or Past(onset.velocity, onset.low, onset.notes)
    touch = onset.velocity / max(past.velocity, 1) - 1
    found = [0 if touch < _SOFTER else 2 if touch > _LOUDER else 1]
    found += _of_drums(past, onset) if drums else _of_pitches(past, onset)
    now = Past(
        past.velocity + _FOLLOW * (onset.velocity - past.velocity),
        past.low + _FOLLOW * (onset.low - past.low),
        past.notes + _FOLLOW * (onset.notes - past.notes),
        onset,
        (*past.recent[1 - _RECENT :], onset.keys),
    )
    return now, found


def _of_drums(past: Past, onset: Onset) -> list[int]:
    found = [3 + key for key in range(KEYS) if onset.keys >> key & 1]
    last = past.last
    if last is not None:
        found += [15 + key for key in range(KEYS) if last.keys >> key & 1]
        found.append(27 + _side(onset.velocity - last.velocity, 12))
    return found


def _of_pitches(past: Past, onset: Onset) -> list[int]:
    found = [
        3 + (0 if onset.notes > past.notes + 0.5 else 2 if onset.notes < past.notes - 0.5 else 1),
        6 + _side(onset.low - past.low, 4),
    ]
    last = past.last
    if last is not None:
        known = 0
        for keys in past.recent:
            known |= keys
        new = onset.keys & ~known
        found += [
            9 + _interval(onset.low - last.low),
            16 + _interval(onset.high - last.high),
            23 + (0 if not new else 1 if new != onset.keys else 2),
            26 + min(onset.notes, 3) - 1,
        ]
    return found


def _side(difference: float, least: float) -> int:
    """Return 0 for what is lower by more than so much, 2 for what is higher, else 1."""
    return 0 if difference < -least else 2 if difference > least else 1


def _interval(semitones: int) -> int:
    return sum(semitones > most for most in _STEPS)
