"""`performance`: a step is one event, time since the last, instrument, pitch, velocity, duration.

Onsets are absolute beats that snap to 24 ticks a beat; differences are taken after the snap, so
nothing drifts. Long gaps and durations fall into coarser classes; what a class takes away from
an onset is carried to the next one. Metre and place in the bar come from the clock and go in;
they are not predicted. A network that was taught to may be asked for more: see `models.contract.asked`.
Which instrument plays is predicted where the vocabulary names several; else all is played on one.
"""

from collections.abc import Sequence
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
"""Codes of the instrument that goes in where there is one only, 0 then."""
PARTS: Final = "parts"
"""The name in the vocabulary of the instruments, where it names them: General MIDI programs, and DRUMS."""
DRUMS: Final = 128
MOST: Final = 15
"""Instruments at most: drums are on a MIDI channel of their own, and each of the others is."""
_INSTRUMENT: Final = "instrument"


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
    """Return the representation, with the instruments and with what may be asked, as the vocabulary says.

    Raises ArtifactError, naming the file, for another vocabulary than this.
    """
    asked = asked_vocabulary(name for name in ASKED if name in vocabulary)
    parts = {PARTS: _checked(vocabulary[PARTS], where)} if PARTS in vocabulary else {}
    expected = {**PERFORMANCE.vocabulary, **parts, **asked}
    for name in sorted(expected.keys() | vocabulary.keys()):
        if vocabulary.get(name) != expected.get(name):
            raise ArtifactError(
                f"{where} was trained with another vocabulary of {name!r} than this extempo's: "
                f"train the model again, or use the extempo that it was made with."
            )
    if not asked and not parts:
        return PERFORMANCE
    found = _with_instruments(len(parts[PARTS])) if parts else PERFORMANCE
    conditions = PERFORMANCE.conditions + asked_columns(asked)
    return msgspec.structs.replace(found, conditions=conditions, vocabulary=expected)


def _with_instruments(count: int) -> Representation:
    """Return the representation in which one of so many instruments is drawn, after the time."""
    time, *others = PERFORMANCE.factors
    drawn = Column(_INSTRUMENT, count)
    fed = (*PERFORMANCE.inputs[:-1], drawn)
    return msgspec.structs.replace(PERFORMANCE, inputs=fed, factors=(time, drawn, *others))


def _checked(programs: Sequence[int | str], where: str) -> list[int | str]:
    known = {one for one in programs if isinstance(one, int) and 0 <= one <= DRUMS}
    if not 0 < len(programs) <= MOST or len(known) < len(programs):
        raise ArtifactError(
            f"{where} names {len(programs)} instruments, and there may be {MOST}, one at least, each once, programs "
            f"of General MIDI from 0 to 127 or {DRUMS} for drums: export it again."
        )
    return list(programs)


def velocity_code(velocity: int) -> int:
    """Return the class of a MIDI velocity 1..127."""
    return min(max(velocity, 0), 127) * VELOCITIES // 128
