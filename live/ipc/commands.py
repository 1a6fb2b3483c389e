"""What control may ask of the engine: small immutable values in a bounded inbox, taken between steps.

`at` is when the command is meant to act, in `time.monotonic()` seconds; 0 is as soon as it is taken.
"""

import msgspec

from live.declared.knob import Value


class _Command(msgspec.Struct, frozen=True, tag=True, gc=False, kw_only=True):
    at: float = 0.0


class SetKnob(_Command, frozen=True):
    """Turn a knob. The value has passed `Knob.check`; voice 0 is the transport."""

    voice: int
    knob: str
    value: Value


class Play(_Command, frozen=True):
    """The performer plays a note to a voice; velocity 0 ends it."""

    voice: int
    pitch: int
    velocity: int


class Pedal(_Command, frozen=True):
    """The performer's sustain pedal goes down or up."""

    voice: int
    down: bool


class Save(_Command, frozen=True):
    """Keep the voice's memory of this moment in a slot. asker: who is told when it is done, a host and a port."""

    voice: int
    slot: str
    asker: tuple[str, int] | None = None


class Recall(_Command, frozen=True):
    """Go back to what a slot keeps. asker: as for `Save`."""

    voice: int
    slot: str
    asker: tuple[str, int] | None = None


class Rewind(_Command, frozen=True):
    """Give the voice the memory that it had so many beats ago."""

    voice: int
    beats: float


class Reset(_Command, frozen=True):
    """Forget everything that was played."""

    voice: int


class Force(_Command, frozen=True):
    """Give one factor of every coming step this code instead of drawing it; code -1 draws it again.

    Time forced to 0 answers each of the player's notes at once with one note. asker: who is told if the
    voice's model has no such factor.
    """

    voice: int
    factor: str
    code: int
    asker: tuple[str, int] | None = None


class Load(_Command, frozen=True):
    """Play another artifact from the next bar on; control has checked the file.

    asker: who is told where it fails after all, a host and a port.
    """

    voice: int
    path: str
    asker: tuple[str, int] | None = None


class Prime(_Command, frozen=True):
    """Have a voice of sound go on from other sound: the end of a file, or of what comes in.

    path: the file, checked by control; empty is the audio input. seconds: how much is listened to.
    """

    voice: int
    path: str
    seconds: float


class Start(_Command, frozen=True):
    """Let the clock run."""


class Stop(_Command, frozen=True):
    """Hold the clock; what sounds is let go."""


class Downbeat(_Command, frozen=True):
    """Let a bar begin now."""


class Tap(_Command, frozen=True):
    """One beat of a tapped tempo, at `at`."""


class Source(_Command, frozen=True):
    """Let another source lead the clock, one of `live.time.sources.table.SOURCES`."""

    name: str


class Panic(_Command, frozen=True):
    """Let go of every note now and forget what is planned."""


class Quit(_Command, frozen=True):
    """Let go of every note and end."""


Command = (
    SetKnob
    | Play
    | Pedal
    | Save
    | Recall
    | Rewind
    | Reset
    | Force
    | Load
    | Prime
    | Start
    | Stop
    | Downbeat
    | Tap
    | Source
    | Panic
    | Quit
)
"""Everything that the engine's inbox takes."""
