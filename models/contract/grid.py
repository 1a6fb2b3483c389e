"""The grid that all music lies on: ticks, bars, and notes on it. Plain numbers, without numpy."""

from typing import Final

import msgspec

TICKS: Final = 24
"""Ticks in a beat (a quarter note)."""

FINE: Final = 4
"""Parts of a tick in which it is told how far from the grid something is played."""

FARTHEST: Final = 16 * FINE
"""So far at most, in these parts."""

CHORD_SECONDS: Final = 0.035
"""Onsets nearer than this are one chord."""

MIDDLE_C: Final = 60
"""Its MIDI pitch."""

LONGEST: Final = 16 * TICKS
"""Ticks that a note lasts at most, in any representation."""

METRES: Final = 17
"""Eighth notes in a bar, up to 16; 0 where it is not known."""
BEATS: Final = 8
"""Beats of a bar that have a place of their own; later ones share the last."""


_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


ACCOMPANIES: Final = 1
"""The part of what accompanies a tune, its chord symbols."""
DRUM_KIT: Final = 2
"""The part of drums."""
OTHERS: Final = 3
"""The part of the second instrument; that of the third is the next one, and so on."""
UNMEASURED: Final = (ACCOMPANIES, DRUM_KIT)
"""Parts that figures of pitches leave out."""


class Note(msgspec.Struct, frozen=True, order=True):
    """A note on the grid. onset and duration are in ticks; duration 0 means still held.

    part: 0 is the first instrument, or the only one; others are named above. offset: how much later than its onset it
    sounds, in `FINE` parts of a tick; before it where that is below 0.
    """

    onset: int
    pitch: int
    velocity: int
    duration: int
    part: int = 0
    offset: int = 0

    @property
    def sounds(self) -> float:
        """Return when it sounds, in ticks."""
        return self.onset + self.offset / FINE


def place(tick: int, bar_start: int, metre: int) -> tuple[int, int, int]:
    """Return beat in the bar, tick in the beat and metre (eighths a bar), as models read them."""
    inside = tick - bar_start
    if metre:
        inside %= metre * TICKS // 2
    return min(inside // TICKS, BEATS - 1), inside % TICKS, metre


def pitch_name(pitch: int) -> str:
    """Return a pitch in letters; 60 is C4."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"
