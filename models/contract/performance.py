"""The `performance` representation: one event is time since the last, pitch, velocity, duration, instrument.

Onsets are absolute beats that snap to 24 ticks a beat; differences are taken after the snap, so
nothing drifts. Long gaps and durations fall into coarser classes; what a class takes away from
an onset is carried to the next one. Metre and place in the bar come from the clock and go in;
they are not predicted.
"""

from bisect import bisect_left

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.classes import (
    BEATS as BEATS,
)
from models.contract.classes import (
    CHORD_SECONDS as CHORD_SECONDS,
)
from models.contract.classes import (
    CLASSES as CLASSES,
)
from models.contract.classes import (
    DURATIONS as DURATIONS,
)
from models.contract.classes import (
    FACTORS as FACTORS,
)
from models.contract.classes import (
    HELD as HELD,
)
from models.contract.classes import (
    INPUT_CLASSES as INPUT_CLASSES,
)
from models.contract.classes import (
    INSTRUMENTS as INSTRUMENTS,
)
from models.contract.classes import (
    METRES as METRES,
)
from models.contract.classes import (
    NAME as NAME,
)
from models.contract.classes import (
    PITCHES as PITCHES,
)
from models.contract.classes import (
    START as START,
)
from models.contract.classes import (
    TICKS as TICKS,
)
from models.contract.classes import (
    TIMES as TIMES,
)
from models.contract.classes import (
    VELOCITIES as VELOCITIES,
)

Codes = NDArray[np.int64]


class Note(msgspec.Struct, frozen=True, order=True):
    """A note on the grid. onset and duration are in ticks; duration 0 means still held."""

    onset: int
    pitch: int
    velocity: int
    duration: int


def start_event() -> Codes:
    """Return the codes of the event before the first one, int64 (5,): in training, in golden pairs and on stage."""
    return np.array([0, START, 0, 0, 0], np.int64)


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
    return _nearest(ticks, TIMES)


def duration_code(ticks: int) -> int:
    """Return the class of a duration in ticks; 0 ticks is HELD."""
    return HELD if ticks <= 0 else _nearest(ticks, DURATIONS)


def _nearest(ticks: int, table: tuple[int, ...]) -> int:
    # As `nearest` does it; for one value, and in the middle of a performance, without numpy.
    right = min(max(bisect_left(table, ticks), 1), len(table) - 1)
    return right - (ticks - table[right - 1] <= table[right] - ticks)


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
