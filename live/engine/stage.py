"""What all voices share: the clock, the bars, and the outputs."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from live.engine.notes.operations import SOUNDING, Line, Operation, Tempo
from live.engine.routing import Heard
from live.engine.turns import Turns
from live.ipc.news import Entry, FromEngine
from live.ipc.wire import LetGo, Segment, ToPorts, Who
from live.time.clock import Bars, Timeline
from models.contract.grid import TICKS

LEAD = 0.005
"""Seconds before its time at which a note is committed, until the ports say what they want."""
AHEAD = 0.1
"""Seconds between the engine's start and beat 0."""
STEP = 0.002
"""Seconds within which a step can be drawn."""


def _nothing() -> None:
    pass


def _nobody() -> None:
    return None


def _unheard(_message: Heard | Segment) -> None:
    pass


_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Stage:
    """Shared by the voices. Threads: the engine's only.

    lead: how long before its time a note must be sent, in seconds. route: to be called where the
    player's own notes are to sound elsewhere, or whom a voice hears has changed. spread: given what
    voices play, for those who hear it, and each new piece of the clock. answers: says whether a voice answers the
    player just now; None where none ever does.
    """

    timeline: Timeline
    to_ports: Callable[[ToPorts], None]
    news: Callable[[FromEngine], None]
    bars: Bars = field(default_factory=Bars)
    lead: float = LEAD
    route: Callable[[], None] = _nothing
    spread: Callable[[Heard | Segment], None] = _unheard
    answers: Callable[[], bool | None] = _nobody
    turns: Turns = field(default_factory=Turns)
    lines: int = 0
    """How many lines of the journal were handed over."""
    _written: list[Line | Tempo] = field(default_factory=list)

    @property
    def answered(self) -> bool | None:
        """Whether the player is answered just now; None where nobody ever does."""
        return self.answers()

    def journal(self, voice: Who, at: float, operation: Operation) -> None:
        """Write down what happened to a voice, or what the player did that no voice heard; `flush` hands it over."""
        self._written.append(Line(voice, at, operation))

    def flush(self) -> None:
        """Hand over the lines written so far: after the notes have been sent, because it takes longer."""
        for line in self._written:
            sounds = isinstance(line, Tempo) or isinstance(line.did, SOUNDING)
            self.news(Entry(line=_encode(line).decode(), sounds=sounds))
        self.lines += len(self._written)
        self._written.clear()

    def let_go(self, who: Who) -> None:
        """End every note of somebody."""
        self.to_ports(LetGo(who=who))
        self.spread(Heard(who, LetGo(who=who)))

    def change(self, at: float, tempo: float) -> None:
        """Go on at another tempo (0 holds the clock): notes that sound and what is planned move with it."""
        self.timeline = self.timeline.changed(at, tempo)
        self.announce(self.timeline.last)

    def begin_bar(self, at: float, tempo: float) -> int:
        """Go on at a tempo (0 holds the clock) with a bar line at `at`; return its tick."""
        self.timeline = self.timeline.moved(at, tempo)
        self.announce(self.timeline.last)
        tick = self.timeline.tick_at(at)
        self.bars = self.bars.moved(tick)
        return tick

    def jump(self, at: float, beat: float) -> int:
        """Go on from another beat; return by how many ticks that is. What sounds must have been let go."""
        was = self.timeline
        self.timeline = was.jumped(at, beat)
        self.announce(self.timeline.last, beat - was.beat_of(at))
        return self.timeline.tick_at(at) - was.tick_at(at)

    def announce(self, segment: Segment, jump: float = 0.0) -> None:
        """Tell the ports of a piece of the clock, and write it down. jump: beats from where it was."""
        self.to_ports(segment)
        self.spread(segment)
        line = Tempo(segment.beat, segment.at, segment.tempo)
        # msgspec leaves out a default only where it is the very same object.
        self._written.append(msgspec.structs.replace(line, jump=jump) if jump else line)

    def reachable(self, now: float) -> int:
        """Return the first tick at which a note that is drawn now can still sound on time."""
        return math.ceil(self.timeline.beat_of(now + self.lead + STEP) * TICKS)
