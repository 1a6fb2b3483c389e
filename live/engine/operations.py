"""What can happen to a voice. Doing the same operations again gives the same notes.

The engine decides when, from the clock; the voice does what, from these alone. The journal is the
list of them. Ticks are absolute, 24 a beat.
"""

import msgspec

from live.knobs import Kind, Value


class _Operation(msgspec.Struct, frozen=True, tag=True, gc=False, kw_only=True):
    pass


class Begin(_Operation, frozen=True):
    """The voice begins with an artifact and these knobs. digest: SHA-256 of the file, to know it again.

    Voices of sound write down what is asked of them; only voices of notes can be done again.
    """

    path: str
    digest: str
    knobs: dict[str, Value]
    tick: int
    kind: Kind = "events"


class Hear(_Operation, frozen=True):
    """The performer played a note. lost: ticks that the grid took from its onset."""

    tick: int
    pitch: int
    velocity: int
    lost: float


class Lift(_Operation, frozen=True):
    """The performer let go of a note."""

    tick: int
    pitch: int


class Plan(_Operation, frozen=True):
    """Draw one more event: not before `floor`, not after `ceiling`; -1 is no limit.

    end: when it is over: the note ends by then, and one that would come later is not played.
    """

    floor: int
    ceiling: int
    end: int


class Drop(_Operation, frozen=True):
    """Forget what is planned."""


class Commit(_Operation, frozen=True):
    """The first planned event is played; the rest of the fields are that event, for who reads the journal.

    ended: pitches of the voice that end as it begins, for want of room.
    """

    tick: int
    pitch: int
    velocity: int
    duration: int
    number: int
    channel: int
    heard: bool
    ended: tuple[int, ...] = ()


class Turn(_Operation, frozen=True):
    """A knob of the voice has a new value."""

    knob: str
    value: Value


class Fix(_Operation, frozen=True):
    """A factor is given this code instead of being drawn; -1 draws it again."""

    factor: str
    code: int


class Keep(_Operation, frozen=True):
    """Keep this moment in a slot."""

    slot: str
    tick: int


class Return(_Operation, frozen=True):
    """Go back to a slot."""

    slot: str
    tick: int


class Back(_Operation, frozen=True):
    """Go back so many ticks."""

    ticks: int
    tick: int


class Forget(_Operation, frozen=True):
    """Forget everything that was played."""

    tick: int


class Hush(_Operation, frozen=True):
    """What the voice sounds was let go."""

    tick: int


class Swap(_Operation, frozen=True):
    """Go on with another artifact, which is fed the last events first."""

    path: str
    digest: str
    tick: int


class Measure(_Operation, frozen=True):
    """Bars: number `bar` begins at `tick` and each has `metre` beats."""

    metre: int
    tick: int
    bar: int


Operation = (
    Begin
    | Hear
    | Lift
    | Plan
    | Drop
    | Commit
    | Turn
    | Fix
    | Keep
    | Return
    | Back
    | Forget
    | Hush
    | Swap
    | Measure
)
"""Everything that happens to a voice."""


SOUNDING = Begin | Hear | Lift | Commit | Hush | Measure
"""What a take is made of."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the journal: what happened, to which voice, when (seconds)."""

    voice: int
    at: float
    did: Operation


class Tempo(msgspec.Struct, frozen=True, gc=False):
    """A line of the journal: a new piece of the clock (see `wire.Segment`)."""

    beat: float
    at: float
    tempo: float
