"""What the engine and the ports tell control.

Times (`at`) are `time.monotonic()` seconds, beats are the clock's. Channels are 1 to 16.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from live.declared.knob import Value
from live.ipc.wire import WireMessage

# ports -> control


class Sent(WireMessage, frozen=True):
    """A note went out. seconds: how long it will sound at this tempo. late: sent after its time, in seconds."""

    voice: int
    pitch: int
    velocity: int
    channel: int
    seconds: float
    at: float
    late: float
    number: int


class ControlChange(WireMessage, frozen=True):
    """The player moved a MIDI controller (0..127)."""

    cc: int
    value: int
    channel: int
    at: float


class Panicked(WireMessage, frozen=True):
    """The player asked an instrument for silence: all is let go, wherever it sounds."""

    at: float


class Opened(WireMessage, frozen=True):
    """The ports are open: where notes go, where they come in, in words for the player."""

    heard: str
    played: str
    sound: str = ""
    """Where voices of sound are heard; empty where none plays."""
    unheard: bool = False
    """Whether neither notes nor sound go anywhere, so that notes are worth showing."""


class Patched(WireMessage, frozen=True):
    """What our JACK ports are connected to now: our port and another one, each.

    client: our name there. kind: what goes through them, `midi` or `audio`.
    """

    client: str
    kind: Literal["midi", "audio"]
    links: tuple[tuple[str, str], ...]


class Counted(WireMessage, frozen=True):
    """Counts since the start, now and then: notes sent, the latest of them in seconds, JACK's xruns, echoes dropped."""

    sent: int
    latest: float
    xruns: int
    echoes: int


# anybody -> control


class Trouble(WireMessage, frozen=True):
    """Something that the player should read; `code` is one word for programs.

    asker: the host and the port of who asked for what went wrong, if somebody did.
    """

    code: str
    text: str
    asker: tuple[str, int] | None = None


# engine -> control


class Ready(WireMessage, frozen=True):
    """The engine plays: this artifact in this voice."""

    voice: int
    name: str
    path: str


class KnobSet(WireMessage, frozen=True):
    """A knob has a new value, whoever set it; voice 0 is the transport."""

    voice: int
    knob: str
    value: Value


class Leads(WireMessage, frozen=True):
    """This source leads the clock from now on."""

    source: str


class Confidence(WireMessage, frozen=True):
    """How likely the player's next beat is right, 0 to 1, whether the clock follows it, and at which tempo."""

    follows: bool
    confidence: float
    tempo: float


class Saved(WireMessage, frozen=True):
    """A voice keeps this moment in a slot. asker: the host and the port of who asked for it, if somebody did."""

    voice: int
    slot: str
    asker: tuple[str, int] | None = None


class Recalled(WireMessage, frozen=True):
    """A voice has gone back to what a slot keeps; asker: as for `Saved`."""

    voice: int
    slot: str
    asker: tuple[str, int] | None = None


class Clock(msgspec.Struct, frozen=True, gc=False):
    """Where the clock is: a piece of it, as `Segment` has it, and the bars; see `live.time.clock.Bars`."""

    beat: Annotated[float, Meta(ge=-1e9, le=1e9)]
    at: Annotated[float, Meta(ge=-1e12, le=1e12)]
    tempo: Annotated[float, Meta(ge=0, le=1e6)]
    metre: Annotated[int, Meta(ge=1, le=32)]
    unit: Annotated[int, Meta(ge=1, le=16)]
    tick: Annotated[int, Meta(ge=-(1 << 40), le=1 << 40)]
    bar: Annotated[int, Meta(ge=-(1 << 40), le=1 << 40)]


class Kept(WireMessage, frozen=True):
    """What the voices knew after so many lines of this engine's journal is on the disk; the clock then."""

    lines: int
    clock: Clock


class Remembers(WireMessage, frozen=True):
    """What is kept of a voice from last time, in a sentence for the player."""

    voice: int
    text: str


class Beat(WireMessage, frozen=True):
    """A beat begins at `at`: bar and beat from 1; tempo is in quarters a minute."""

    bar: int
    beat: int
    tempo: float
    at: float
    metre: str = "4/4"


class State(WireMessage, frozen=True):
    """The engine's status, twice a second: counts, and a step's time in microseconds (median, worst)."""

    running: bool
    step_us: float
    worst_us: float
    holds: int
    inbox: int
    planned: int


class Sounding(WireMessage, frozen=True):
    """The load of a voice of sound, twice a second.

    share: of real time, that its network took (1 is all of it). late: blocks that came too late since
    its engine began. depth: seconds between drawing a sample and hearing it.
    """

    voice: int
    share: float
    late: int
    depth: float


class Entry(WireMessage, frozen=True):
    """One line of the journal: an operation of the engine as JSON; replaying them all gives the same notes.

    sounds: it stands for something that is heard, and is the last to be lost.
    """

    line: str
    sounds: bool = False


class Hole(msgspec.Struct, frozen=True, gc=False):
    """A line of the journal that stands where others are missing: how many."""

    missing: int

    def __str__(self) -> str:
        """Return the line."""
        return msgspec.json.encode(self).decode()


FromPortsToControl = Sent | ControlChange | Panicked | Opened | Patched | Counted | Trouble
FromEngine = (
    Ready
    | KnobSet
    | Leads
    | Confidence
    | Saved
    | Recalled
    | Remembers
    | Kept
    | Beat
    | State
    | Sounding
    | Entry
    | Trouble
)
