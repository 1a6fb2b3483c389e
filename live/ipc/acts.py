"""Acts: what somebody asks for. One struct each, from the surface that it comes by to the journal.

Surfaces give what their fields say (`live.declared.actions`); what the engine adds as it does them has a
default here: the tick at which they are done, what a file was.
"""

import msgspec

from live.declared.knob import Value
from live.ipc.ranges import Beats, Code, Pitch, PlayedOn, Tick, Velocity
from models.contract.grid import FARTHEST, FINE


class _Act(msgspec.Struct, frozen=True, tag=True, gc=False, kw_only=True):
    pass


# of a voice


class SetKnob(_Act, frozen=True):
    """Turn a knob. The value has passed `Knob.check`."""

    knob: str
    value: Value


class Play(_Act, frozen=True):
    """The player plays a note; velocity 0 ends it. lost: ticks that the grid took from its onset.

    channel: of MIDI; 0 where it is not known.
    """

    pitch: Pitch
    velocity: Velocity
    tick: Tick = 0
    lost: Beats = 0.0
    channel: PlayedOn = 0

    @property
    def offset(self) -> int:
        """Return how much later than its tick it was played, as notes say it (see `grid.Note`)."""
        return min(max(round(self.lost * FINE), -FARTHEST), FARTHEST)


class Pedal(_Act, frozen=True):
    """The player's sustain pedal goes down or up."""

    down: bool


class Save(_Act, frozen=True):
    """Keep the voice's memory of this moment in a slot."""

    slot: str
    tick: Tick = 0


class Recall(_Act, frozen=True):
    """Go back to what a slot keeps.

    planned: what was planned when it was kept is planned again, where it was drawn under the same knobs.
    """

    slot: str
    tick: Tick = 0
    planned: bool = False


class Rewind(_Act, frozen=True):
    """Give the voice the memory that it had so many beats ago, which are so many ticks."""

    beats: Beats = 0.0
    ticks: Tick = 0
    tick: Tick = 0


class Reset(_Act, frozen=True):
    """Forget everything that was played."""

    tick: Tick = 0


class Force(_Act, frozen=True):
    """Give one factor of every coming step this code instead of drawing it; code -1 draws it again.

    Time forced to 0 answers each of the player's notes at once with one note.
    """

    factor: str
    code: Code


class Plan(_Act, frozen=True, tag="Form"):
    """Play sections of so many bars, such as AABA, from the next bar line on; `off` plays none any more."""

    sections: str
    bars: int
    tick: Tick = 0


class Load(_Act, frozen=True):
    """Go on with another artifact from the next bar on, fed the last steps first; control has checked the file.

    digest: SHA-256 of the file, to know it again. index: that of the index that novelty goes by, or empty.
    """

    path: str
    digest: str = ""
    tick: Tick = 0
    index: str = ""


class Prime(_Act, frozen=True):
    """Have a voice of sound go on from other sound: the end of a file, or of what comes in.

    path: the file, checked by control; empty is the audio input. seconds: how much is listened to.
    """

    path: str
    seconds: float


# of the clock


class Start(_Act, frozen=True):
    """Let the clock run."""


class Stop(_Act, frozen=True):
    """Hold the clock; what sounds is let go."""


class Downbeat(_Act, frozen=True):
    """Let a bar begin now."""


class Tap(_Act, frozen=True):
    """One beat of a tapped tempo."""


class Source(_Act, frozen=True):
    """Let another source lead the clock, one of `live.time.sources.table.SOURCES`."""

    name: str


# of all


class Panic(_Act, frozen=True):
    """Let go of every note now and forget what is planned."""


class Quit(_Act, frozen=True):
    """Let go of every note and end."""


OfNotes = Force | Plan
"""Acts that voices of notes alone do, each by its line of `live.engine.notes.doing`."""
ToVoice = SetKnob | Save | Recall | Rewind | Reset | Prime | OfNotes
"""Acts that each voice does in its own way."""
ToClock = Start | Stop | Downbeat | Tap | Source
"""Acts of the clock."""
Act = ToVoice | Play | Pedal | Load | ToClock | Panic | Quit
"""Everything that can be asked for."""
