"""What a clock source is: it hears pulses, and says where the clock is to be."""

import math
from typing import NamedTuple, Protocol

from live.time.clock import Bars, Timeline


class Pulse(NamedTuple):
    """What a source goes by: somebody's tap, a button, a fader, a note that the player strikes.

    kind: whose it is, see `ClockSource.hears`. at: when, in seconds. tempo: the one that is set, in
    beats a minute. pitch, velocity, channel: of a note.
    """

    kind: str
    at: float
    tempo: float = 0.0
    pitch: int = 0
    velocity: int = 0
    channel: int = 1


class Reading(NamedTuple):
    """Where a source has the clock from `at` (seconds) on; None, or False, leaves a thing as it is.

    tempo: how fast beats go by, a minute. knob: the tempo that is shown and that the clock starts
    again at, where that is another one. running: False holds the clock, True lets it go on. downbeat:
    a bar begins at `at`. jump: the beat that the clock jumps to, ahead or back. sure: whether the player's beat
    is followed, and how likely it is right, where that is news. trouble: why the source cannot lead, in a sentence.
    """

    at: float
    tempo: float | None = None
    knob: float | None = None
    running: bool | None = None
    downbeat: bool = False
    jump: float | None = None
    sure: tuple[bool, float] | None = None
    trouble: str = ""


class Clock(Protocol):
    """The clock as it stands."""

    @property
    def timeline(self) -> Timeline:
        """Return beats and their seconds."""

    @property
    def bars(self) -> Bars:
        """Return where bars begin."""

    @property
    def answered(self) -> bool | None:
        """Return whether a voice answers the player just now; None where none ever does."""


class ClockSource(Protocol):
    """One that can lead the clock. Threads: the engine's only; nothing here waits.

    A source is a subclass, and leaves as it is here what it does not do. hears: the kinds of pulses
    that are its own: with one it takes the lead, until it has nothing more to say. follows: those that
    it goes by only while it is the one that is chosen.
    """

    hears: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()

    def hear(self, pulse: Pulse) -> None:
        """Take a pulse of its own."""

    def read(self, now: float) -> Reading | None:
        """Return what has become of the clock since this was last asked; None holds it at its tempo."""
        return None

    def due(self) -> float:
        """Return when it wants to be read again, in seconds; infinity for not before the next pulse."""
        return math.inf

    def lead(self, timeline: Timeline) -> None:
        """Take the clock as another one has led it: what this one was about to say is over."""
