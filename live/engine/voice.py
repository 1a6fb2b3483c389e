"""What the conductor knows of a voice of any kind."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from live.declared.knob import Kind, Value
from live.engine.loading import Artifacts
from live.engine.memento import Memento
from live.engine.reviving import Done
from live.engine.routing import Heard, Listening
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.orders import Outlet
from live.engine.stage import Stage
from live.ipc.acts import ToVoice
from live.ipc.commands import Command
from live.ipc.news import Trouble
from live.ipc.soundring import SoundRing
from live.ipc.wire import Segment, Thru
from live.runtime.opening import Opened


@dataclass(frozen=True, slots=True)
class Resources:
    """What voices are made from.

    play: begins to play what makes sound, and says where its orders go; None where there will be
    none. capture: where sound that comes in is found.
    """

    artifacts: Artifacts
    play: Callable[[SoundGenerator], Outlet] | None = None
    capture: SoundRing | None = None


@dataclass(slots=True)
class Effort:
    """How a voice did: seconds that each draw took, how often one came too late, how many steps are planned."""

    steps: list[float] = field(default_factory=list)
    holds: int = 0
    planned: int = 0


def _never() -> None:
    return None


class Voice(Protocol):
    """One of those that play on one clock. Threads: the engine's only; nothing here waits.

    A voice is a subclass, and leaves as it is here what it does not do: then nothing happens.
    """

    kind: ClassVar[Kind]
    ponders: ClassVar[bool] = False
    """Whether hearing a note costs it a step of its network: those that only pass it on hear first."""
    number: int
    answers: Callable[[], bool | None] = staticmethod(_never)
    """Whether it answers the player's phrases just now; None where it never does."""

    def obey(self, act: ToVoice, asked: Command, now: float) -> None:
        """Do what this voice is asked for. asked: the command that brings the act."""

    def hear(self, heard: Heard, now: float) -> None:
        """Take what somebody does whom this voice hears, at the time when it was done.

        A note of another voice comes as it is committed, before it sounds.
        """

    def check(self, artifact: Opened) -> None:
        """Raise ArtifactError where it cannot play an artifact."""

    def take_over(self, artifact: Opened, now: float) -> None:
        """Play an artifact from now on, with the knobs that it asks for where the last one's still stand."""

    @property
    def drums(self) -> bool:
        """Whether it plays drums, and hears those of the player."""
        return False

    @property
    def lead(self) -> float:
        """How many seconds before its time a note of another voice must be known here."""
        return 0.0

    @property
    def listening(self) -> Listening:
        """Whom it hears, as its knobs say."""
        ...

    @property
    def thru(self) -> Thru | None:
        """Where the player's own notes are to sound, if that is this voice's to say."""
        return None

    def when(self, knob: str) -> str:
        """Return when a turn of a knob takes effect: `now`, `beat` or `bar`."""
        return "now"

    def heed(self, segment: Segment, now: float) -> None:
        """Take a new piece of the clock."""

    def measure(self, now: float) -> None:
        """Take the bars as they are from now on."""

    def jumped(self, ticks: int, now: float) -> None:
        """Go on from where the clock has jumped to, by so many ticks; what sounded was let go before."""

    def hush(self, now: float) -> None:
        """Let go of what sounds, and of what is planned."""

    def rest(self, on: bool, now: float) -> None:
        """Fall silent with the clock, and go on with it."""

    def panic(self, now: float) -> None:
        """Forget everything, whatever sounds."""

    def turn(self, now: float) -> bool:
        """Send what is due, and draw one step where one is wanted; return whether another may be wanted at once."""
        return False

    def due(self, now: float) -> float:
        """Return when the voice must be asked again, if nothing happens before; infinity for never."""
        return math.inf

    def warm(self) -> None:
        """Keep its weights and code in the processor's caches."""

    def effort(self) -> Effort:
        """Return its load since the last call."""
        return Effort()

    def memento(self) -> Memento | None:
        """Return what it knows now, as references to values; None where that cannot be written down."""
        return None

    def relive(self, memento: Memento, since: Sequence[Done], now: float) -> Memento:
        """Return what was known after what happened since; it takes steps. Raises MementoError."""
        return memento

    def reader(self) -> Callable[[Memento, bool], Any]:
        """Return what reads a memento of the artifact that plays now, all of it or its slots only, for `restore`.

        Any thread may call it. It raises MementoError.
        """
        return lambda _memento, _whole: None

    def restore(self, kept: Any, now: float) -> None:
        """Go on from what was read, or take its slots only."""

    def report(self) -> None:
        """Report anything else, twice a second."""

    def troubles(self) -> Iterable[Trouble]:
        """Return the troubles since the last call, from work done beside the music."""
        return ()


Opens = Callable[[int, Opened, Mapping[str, Value], Stage, Resources, float], Voice]
"""Makes a voice of a number that plays an artifact: that, knobs, stage, resources, now. Raises ArtifactError."""
