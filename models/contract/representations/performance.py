"""`performance`: a step is one event, time since the last, pitch, velocity, duration, instrument.

Onsets are absolute beats that snap to 24 ticks a beat; differences are taken after the snap, so
nothing drifts. Long gaps and durations fall into coarser classes; what a class takes away from
an onset is carried to the next one. Metre and place in the bar come from the clock and go in;
they are not predicted. A network that was taught to may be asked for more: see `models.contract.asked`.
"""

from typing import Final

import msgspec

from models.contract.asked import ASKED, asked_columns, asked_vocabulary
from models.contract.errors import ArtifactError
from models.contract.grid import BEATS, METRES, TICKS
from models.contract.representation import Column, Repeats, Representation, Vocabulary
from models.contract.spans import DURATIONS, TIMES

NAME: Final = "performance"

PITCHES: Final = 128
START: Final = PITCHES
"""The pitch of the event before the first one: goes in, is never drawn."""

VELOCITIES: Final = 32
INSTRUMENTS: Final = 129
"""General MIDI programs, then drums; 0 (a piano) is all that is used so far."""


def velocity_of(code: int) -> int:
    """Return the MIDI velocity in the middle of a class."""
    return code * 128 // VELOCITIES + 64 // VELOCITIES


PERFORMANCE: Final = Representation(
    NAME,
    inputs=(
        Column("time", len(TIMES), values=TIMES),
        Column("pitch", PITCHES + 1, values=(*range(PITCHES), -1)),
        Column("velocity", VELOCITIES),
        Column("duration", len(DURATIONS) + 1),
        Column("instrument", INSTRUMENTS),
    ),
    factors=(
        Column("time", len(TIMES), placed=False),
        Column("pitch", PITCHES),
        Column("velocity", VELOCITIES),
        Column("duration", len(DURATIONS)),
    ),
    conditions=(Column("beat", BEATS), Column("tick", TICKS), Column("metre", METRES)),
    start=(0, START, 0, 0, 0),
    vocabulary={
        "ticks": [TICKS],
        "time": list(TIMES),
        "pitch": [PITCHES],
        "velocity": [velocity_of(code) for code in range(VELOCITIES)],
        "duration": list(DURATIONS),
        "instrument": [INSTRUMENTS],
        "metre": [METRES],
        "beat": [BEATS],
    },
    repeats=Repeats("time", "pitch", "metre", alike=("duration",)),
)


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return the representation, with what the vocabulary says that may be asked.

    Raises ArtifactError, naming the file, for another vocabulary than this.
    """
    asked = asked_vocabulary(name for name in ASKED if name in vocabulary)
    expected = {**PERFORMANCE.vocabulary, **asked}
    for name in sorted(expected.keys() | vocabulary.keys()):
        if vocabulary.get(name) != expected.get(name):
            raise ArtifactError(
                f"{where} was trained with another vocabulary of {name!r} than this extempo's: "
                f"train the model again, or use the extempo that it was made with."
            )
    if not asked:
        return PERFORMANCE
    conditions = PERFORMANCE.conditions + asked_columns(asked)
    return msgspec.structs.replace(PERFORMANCE, conditions=conditions, vocabulary=expected)


def velocity_code(velocity: int) -> int:
    """Return the class of a MIDI velocity 1..127."""
    return min(max(velocity, 0), 127) * VELOCITIES // 128
