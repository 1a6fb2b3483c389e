"""What the performers of one daemon share: the clock, the bars, and the ways out."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from live.clock import Bars, Timeline
from live.engine.operations import Line, Operation, Tempo
from live.wire import Entry, FromEngine, Segment, ToPorts
from models.contract.performance import TICKS

LEAD = 0.005
"""Seconds before its time at which an event is committed, until the ports say what they want."""
STEP = 0.002
"""Seconds within which an event can be drawn."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Stage:
    """Shared by the performers. Threads: the engine's only.

    lead: how long before its time an event must be sent, in seconds.
    """

    timeline: Timeline
    to_ports: Callable[[ToPorts], None]
    news: Callable[[FromEngine], None]
    bars: Bars = field(default_factory=Bars)
    lead: float = LEAD

    def journal(self, voice: int, at: float, operation: Operation) -> None:
        """Write down what happened to a voice."""
        self.news(Entry(line=_encode(Line(voice, at, operation)).decode()))

    def change(self, at: float, tempo: float) -> None:
        """Go on at another tempo (0 holds the clock): notes that sound and what is planned move with it."""
        self.timeline = self.timeline.changed(at, tempo)
        self.announce(self.timeline.last)

    def announce(self, segment: Segment) -> None:
        """Tell the ports and the journal of a piece of the clock."""
        self.to_ports(segment)
        line = Tempo(segment.beat, segment.at, segment.tempo)
        self.news(Entry(line=_encode(line).decode()))

    def reachable(self, now: float) -> int:
        """Return the first tick at which an event that is drawn now can still sound on time."""
        return math.ceil(self.timeline.beat_of(now + self.lead + STEP) * TICKS)
