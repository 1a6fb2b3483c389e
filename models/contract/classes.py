"""The classes of the `performance` representation: plain numbers, without numpy, for who only names them."""

from typing import Final

NAME: Final = "performance"
FACTORS: Final = ("time", "pitch", "velocity", "duration")
"""What is predicted of an event, in the order in which it is drawn."""

TICKS: Final = 24
"""Ticks in a beat (a quarter note)."""

CHORD_SECONDS: Final = 0.035
"""Onsets nearer than this are one chord."""

TIMES: Final = (
    *range(49),
    *range(54, 97, 6),
    *range(108, 193, 12),
    *range(216, 385, 24),
    480,
    576,
    768,
)
"""Ticks since the last onset, one for each class."""

DURATIONS: Final = (
    *range(1, 13),
    *(14, 16, 18, 20, 22, 24, 28, 30, 32, 36, 42, 48, 54, 60, 66, 72, 84, 96),
    *(108, 120, 144, 168, 192, 240, 288, 384),
)
"""Ticks that a note lasts, one for each class."""

HELD: Final = len(DURATIONS)
"""The duration of a note whose key is still down: goes in, is never drawn."""

PITCHES: Final = 128
START: Final = PITCHES
"""The pitch of the event before the first one: goes in, is never drawn."""

VELOCITIES: Final = 32
INSTRUMENTS: Final = 129
"""General MIDI programs, then drums; 0 (a piano) is all that is used so far."""

METRES: Final = 17
"""Eighth notes in a bar, up to 16; 0 where it is not known."""
BEATS: Final = 8
"""Beats of a bar that have a place of their own; later ones share the last."""

CLASSES: Final = {
    "time": len(TIMES),
    "pitch": PITCHES,
    "velocity": VELOCITIES,
    "duration": len(DURATIONS),
}
"""How many classes each factor's head has."""

INPUT_CLASSES: Final = {
    "time": len(TIMES),
    "pitch": PITCHES + 1,
    "velocity": VELOCITIES,
    "duration": len(DURATIONS) + 1,
    "instrument": INSTRUMENTS,
}
"""How many codes each column of an event may hold."""
