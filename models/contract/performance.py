"""The `performance` representation: one event is time since the last, pitch, velocity, duration, instrument.

Onsets are absolute beats that snap to 24 ticks a beat; differences are taken after the snap, so
nothing drifts. Long gaps and durations fall into coarser classes; what a class takes away from
an onset is carried to the next one. Metre and place in the bar come from the clock and go in;
they are not predicted.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

NAME: Final = "performance"
TICKS: Final = 24
"""Ticks in a beat (a quarter note)."""

CHORD_SECONDS: Final = 0.035
"""Onsets nearer than this are one chord."""

FACTORS: Final = ("time", "pitch", "velocity", "duration")
"""What is predicted, in the order in which it is drawn."""

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

Codes = NDArray[np.int64]

_TIMES = np.array(TIMES)
_DURATIONS = np.array(DURATIONS)


class Note(msgspec.Struct, frozen=True, order=True):
    """A note on the grid. onset and duration are in ticks; duration 0 means still held."""

    onset: int
    pitch: int
    velocity: int
    duration: int


def vocabulary() -> dict[str, list[int]]:
    """Return what the codes mean, as it is written into an artifact and compared at load."""
    return {
        "ticks": [TICKS],
        "time": list(TIMES),
        "pitch": [PITCHES],
        "velocity": [velocity_of(code) for code in range(VELOCITIES)],
        "duration": list(DURATIONS),
        "instrument": [INSTRUMENTS],
        "metre": [METRES],
        "beat": [BEATS],
    }


def nearest(values: NDArray[np.int64], table: NDArray[np.int64]) -> Codes:
    """Return the index of the entry of the rising `table` that is nearest to each value."""
    right = np.clip(np.searchsorted(table, values), 1, len(table) - 1)
    return np.asarray(right - (values - table[right - 1] <= table[right] - values), np.int64)


def time_code(ticks: int) -> int:
    """Return the class of a gap of so many ticks."""
    return int(nearest(np.array([ticks]), _TIMES)[0])


def duration_code(ticks: int) -> int:
    """Return the class of a duration in ticks; 0 ticks is HELD."""
    return HELD if ticks <= 0 else int(nearest(np.array([ticks]), _DURATIONS)[0])


def velocity_code(velocity: int) -> int:
    """Return the class of a MIDI velocity 1..127."""
    return min(max(velocity, 0), 127) * VELOCITIES // 128


def velocity_of(code: int) -> int:
    """Return the MIDI velocity in the middle of a class."""
    return code * 128 // VELOCITIES + 64 // VELOCITIES


def place(tick: int, bar_start: int, metre: int) -> tuple[int, int, int]:
    """Return beat in the bar, tick in the beat and metre (eighths a bar), as the model reads them."""
    inside = tick - bar_start
    if metre:
        inside %= metre * TICKS // 2
    return min(inside // TICKS, BEATS - 1), inside % TICKS, metre


def encode(notes: list[Note], origin: int = 0) -> Codes:
    """Write notes as codes, int64 (n, 5); the first one's time is counted from `origin` (a tick).

    Notes are sorted by onset, then pitch. A gap that has no class of its own moves the note to the
    nearest class, and the next gap is counted from where it was moved to.
    """
    codes = np.zeros((len(notes), 5), np.int64)
    at = origin
    for row, note in zip(codes, sorted(notes), strict=True):
        gap = time_code(max(note.onset - at, 0))
        at += TIMES[gap]
        row[:4] = gap, note.pitch, velocity_code(note.velocity), duration_code(note.duration)
    return codes


def decode(codes: Codes, origin: int = 0) -> list[Note]:
    """Read codes (n, 5) back into notes; the inverse of `encode` for whatever the classes can hold."""
    notes = []
    at = origin
    for time, pitch, velocity, duration, _ in codes.tolist():
        at += TIMES[time]
        notes.append(
            Note(at, pitch, velocity_of(velocity), 0 if duration == HELD else DURATIONS[duration])
        )
    return notes
