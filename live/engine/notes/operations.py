"""What can happen to a voice. Doing the same operations again gives the same notes.

The engine decides when, from the clock; the voice does what, from these alone. The journal is the
list of them. What somebody asked for is the act itself (`live.ipc.acts`). Ticks are absolute, 24 a beat.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from live.declared.knob import Kind, Value
from live.ipc import acts
from live.ipc.ranges import Beats, Channel, Offset, Part, Pitch, Seconds, Tick, Velocity
from models.contract.grid import TICKS, Note

ANY: Final = -1
"""Stands for no limit where a tick is expected."""
LAST: Final = TICKS // 2
"""Ticks before the end of an answer at which its last note begins at the latest: no blip ends it."""


class _Operation(msgspec.Struct, frozen=True, tag=True, gc=False, kw_only=True):
    pass


class Begin(_Operation, frozen=True):
    """The voice begins with an artifact and these knobs. digest: SHA-256 of the file, to know it again.

    Voices of sound write down what is asked of them; only voices of notes can be done again.
    """

    path: str
    digest: str
    knobs: dict[str, Value]
    tick: Tick
    kind: Kind = "events"
    held_start: bool = True
    """START goes in as a held key, as it did when journals did not say so; now it does as in training."""
    index: str = ""
    """The SHA-256 of the index that novelty goes by; empty where there is none."""


class Lift(_Operation, frozen=True):
    """The player let go of a note."""

    tick: Tick
    pitch: Pitch


class Plan(_Operation, frozen=True):
    """Draw one more step: not before `floor`, not after `ceiling`; ANY is no limit.

    end: when it is over: the note ends by then, and none begins within an eighth of it.
    """

    floor: Tick
    ceiling: Tick
    end: Tick


class Drop(_Operation, frozen=True):
    """Forget what is planned, and take in what other voices have played since, if this one hears them.

    They are not in the journal: their own lines say what they played.
    """


class Commit(_Operation, frozen=True):
    """The first planned note is played; the rest of the fields are that note, for who reads the journal.

    ended: pitches of the voice's part that end as it begins, for want of room. offset: see `grid.Note`.
    """

    tick: Tick
    pitch: Pitch
    velocity: Velocity
    duration: Annotated[int, Meta(ge=0, le=1 << 20)]
    number: Tick
    channel: Channel
    heard: bool
    ended: tuple[Pitch, ...] = ()
    part: Part = 0
    offset: Offset = 0

    @property
    def note(self) -> Note:
        """Return the note."""
        return Note(self.tick, self.pitch, self.velocity, self.duration, self.part, self.offset)


class Pass(_Operation, frozen=True):
    """Planned steps that decide no note have come to pass, those that begin until `tick`."""

    tick: Tick


class Hush(_Operation, frozen=True):
    """The voice's sounding notes were released."""

    tick: Tick


class Jump(_Operation, frozen=True):
    """The clock jumped by so many ticks, ahead or back: what is remembered goes along with it."""

    ticks: Tick


class Restore(_Operation, frozen=True):
    """Go on from a memento. digest: SHA-256 of its content; whole: all of it, or its slots only."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    whole: bool


class SetMetre(_Operation, frozen=True, tag="Measure"):
    """Bars: number `bar` begins at `tick` and each has `metre` beats, notes of 1/`unit`."""

    metre: Annotated[int, Meta(ge=1, le=32)]
    tick: Tick
    bar: Tick
    unit: Annotated[int, Meta(ge=1, le=16)] = 4


class Trade(_Operation, frozen=True):
    """From now on some bars are the voice's and some are those others', in turn."""

    voices: Annotated[tuple[Annotated[int, Meta(ge=0, le=1 << 16)], ...], Meta(max_length=64)]


Operation = (
    Begin
    | acts.Play
    | Lift
    | Plan
    | Drop
    | Commit
    | Pass
    | acts.SetKnob
    | acts.Save
    | acts.Recall
    | acts.Rewind
    | acts.Reset
    | Hush
    | Jump
    | acts.Load
    | acts.OfNotes
    | Restore
    | SetMetre
    | Trade
)
"""Everything that happens to a voice."""


SOUNDING = Begin | acts.Play | Lift | Commit | Hush | Jump | SetMetre
"""The operations that a take is made of."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the journal: what happened, to which voice, when (seconds).

    voice: or `player`, for notes that no voice heard.
    """

    voice: Annotated[int, Meta(ge=0, le=1 << 16)] | Literal["player"]
    at: Seconds
    did: Operation


class Tempo(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of the journal: a new piece of the clock (see `wire.Segment`).

    jump: how many beats the clock jumped to get there.
    """

    beat: Beats
    at: Seconds
    tempo: Annotated[float, Meta(ge=0, le=1e6)]
    jump: Beats = 0.0
