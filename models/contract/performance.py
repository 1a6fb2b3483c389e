"""The `performance` representation: one event is time since the last, pitch, velocity, duration, instrument.

Onsets are absolute beats that snap to 24 ticks a beat; differences are taken after the snap, so
nothing drifts. Long gaps and durations fall into coarser classes; what a class takes away from
an onset is carried to the next one. Metre and place in the bar come from the clock and go in;
they are not predicted.
"""

import numpy as np

from models.contract.grid import (
    BEATS as BEATS,
)
from models.contract.grid import (
    CHORD_SECONDS as CHORD_SECONDS,
)
from models.contract.grid import (
    METRES as METRES,
)
from models.contract.grid import (
    TICKS as TICKS,
)
from models.contract.grid import (
    Note as Note,
)
from models.contract.grid import (
    place as place,
)
from models.contract.representation import Codes as Codes
from models.contract.representations.performance import (
    DURATIONS as DURATIONS,
)
from models.contract.representations.performance import (
    HELD as HELD,
)
from models.contract.representations.performance import (
    INSTRUMENTS as INSTRUMENTS,
)
from models.contract.representations.performance import (
    NAME as NAME,
)
from models.contract.representations.performance import (
    PERFORMANCE as PERFORMANCE,
)
from models.contract.representations.performance import (
    PITCHES as PITCHES,
)
from models.contract.representations.performance import (
    START as START,
)
from models.contract.representations.performance import (
    TIMES as TIMES,
)
from models.contract.representations.performance import (
    VELOCITIES as VELOCITIES,
)
from models.contract.representations.performance import (
    duration_code as duration_code,
)
from models.contract.representations.performance import (
    nearest as nearest,
)
from models.contract.representations.performance import (
    time_code as time_code,
)
from models.contract.representations.performance import (
    velocity_code as velocity_code,
)
from models.contract.representations.performance import (
    velocity_of as velocity_of,
)

FACTORS = PERFORMANCE.names
CLASSES = {column.name: column.classes for column in PERFORMANCE.factors}
INPUT_CLASSES = {column.name: column.classes for column in PERFORMANCE.inputs}


def start_event() -> Codes:
    """Return the codes of the event before the first one."""
    return PERFORMANCE.start_codes()


def vocabulary() -> dict[str, list[int]]:
    """Return what the codes mean."""
    return {name: [int(v) for v in values] for name, values in PERFORMANCE.vocabulary.items()}


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
