"""Messages between the engine and the ports: notes to play, and what the player played.

Times (`at`) are `time.monotonic()` seconds, beats are the clock's. Channels are 1 to 16.
"""

from typing import Final, Literal

import msgspec

from models.midi.messages import NoteOff, NoteOn, NotesOff, Sustain

Who = int | Literal["player"]
"""Who plays a note: a voice's number, or the player."""
PLAYER: Final = "player"
ALL: Final = "all"
"""Everybody: the player and every voice."""


class WireMessage(msgspec.Struct, frozen=True, tag=True, gc=False, kw_only=True):
    """A message from one process to another, tagged with its name."""


# engine -> ports


class CommittedNote(WireMessage, frozen=True):
    """A committed note: sounds at `at`, and owns its note-off at the beat `end`, wherever tempo puts it.

    number: the committed step's number in its voice, for measuring and for the journal.
    ended: pitches of its voice and part that end as it begins. part: see `grid.Note`.
    """

    voice: int
    pitch: int
    velocity: int
    channel: int
    at: float
    end: float
    number: int
    ended: tuple[int, ...] = ()
    part: int = 0


class Segment(WireMessage, frozen=True):
    """A new piece of the clock: `beat` falls at `at`, and from there on `tempo` beats a minute (0: held)."""

    beat: float
    at: float
    tempo: float


class LetGo(WireMessage, frozen=True):
    """End every note of somebody now, and forget those that wait; `ALL` is everybody's."""

    who: Who | Literal["all"]


class Thru(WireMessage, frozen=True):
    """Where the player's notes sound at once, and on which channel."""

    to: Literal["synth", "all", "off"]
    channel: int


class Close(WireMessage, frozen=True):
    """Let go of everything and end."""


ToPorts = CommittedNote | Segment | LetGo | Thru | Close


# ports -> engine


class Played(WireMessage, frozen=True):
    """The player's note, velocity 0 ends it; `at` is when it was played, not when it was read."""

    pitch: int
    velocity: int
    at: float
    channel: int = 1

    @property
    def message(self) -> NoteOn | NoteOff:
        """Return it as MIDI says it."""
        if self.velocity:
            return NoteOn(self.channel, self.pitch, self.velocity)
        return NoteOff(self.channel, self.pitch)


class Pedal(WireMessage, frozen=True):
    """The player's sustain pedal, which holds the notes of its channel."""

    down: bool
    at: float
    channel: int = 1

    @property
    def message(self) -> Sustain:
        """Return it as MIDI says it."""
        return Sustain(self.channel, 127 if self.down else 0)


class Lifted(WireMessage, frozen=True):
    """All keys of a channel came up."""

    channel: int
    at: float

    @property
    def message(self) -> NotesOff:
        """Return it as MIDI says it."""
        return NotesOff(self.channel)


class Lead(WireMessage, frozen=True):
    """How long before its time a note must be committed, in seconds; sent when the ports open or change."""

    seconds: float


FromPorts = Played | Pedal | Lifted | Lead
