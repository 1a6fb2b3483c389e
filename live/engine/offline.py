"""The engine without time: a performance rendered as fast as the model steps."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop
from typing import Generic, TypeVar

from live.declared.knobs import ClockKnobs, turned
from live.engine.conductor import Conductor
from live.engine.loading import Artifacts, Opener
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.offline import Track
from live.engine.stage import AHEAD, Stage
from live.engine.voice import Resources
from live.ipc.acts import Quit
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Entry, FromEngine
from live.ipc.wire import CommittedNote, FromPorts, Lead, LetGo, Segment, ToPorts
from live.time.clock import Timeline
from live.time.sources.player import code

T = TypeVar("T")

FASTEST = 1e-6
"""Seconds that pass at least between two turns, so that time goes on."""


@dataclass(slots=True)
class Rendering:
    """What came of an offline run.

    notes: the committed ones. lines: the journal. tracks: the voices of sound, not rendered yet.
    """

    timeline: Timeline
    notes: list[CommittedNote] = field(default_factory=list)
    let_go: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    news: list[FromEngine] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)

    def tell(self, message: FromEngine) -> None:
        """Keep what the engine says."""
        if isinstance(message, Entry):
            self.lines.append(message.line)
        else:
            self.news.append(message)

    def play(self, voice: SoundGenerator) -> Track:
        """Give a voice of sound its track."""
        self.tracks.append(Track(voice))
        return self.tracks[-1]


def render(
    options: EngineOptions,
    opener: Opener,
    played: Sequence[FromPorts] = (),
    asked: Sequence[tuple[float, Command]] = (),
    shown: Callable[[float], None] = lambda _: None,
) -> Rendering:
    """Play `options.beats` beats with a clock that goes as fast as the model steps.

    played and asked carry the seconds at which they come; beat 0 falls at second 0. Nothing is
    ever late here. shown: told all the time which beat is reached. Raises ArtifactError where the
    file cannot be played.
    """
    tempo = turned(ClockKnobs(), options.transport).tempo
    result = Rendering(Timeline.start(0.0, tempo))
    now = -AHEAD

    def send(message: ToPorts) -> None:
        if isinstance(message, CommittedNote):
            result.notes.append(message)
        elif isinstance(message, LetGo):
            result.let_go.append(now)

    if played or asked:
        # Nothing is loaded beside the music here, or the same playing would not always give the same notes.
        code.load()
    stage = Stage(result.timeline, send, result.tell)
    resources = Resources(Artifacts(opener, beside=False), result.play)
    conductor = Conductor(stage, resources, options.transport, options.source)
    conductor.begin(options.voices, 0.0)
    stage.announce(Segment(beat=0.0, at=0.0, tempo=tempo))
    stage.flush()
    notes = _Coming((message.at, message) for message in played if not isinstance(message, Lead))
    commands = _Coming(asked)
    while (beat := stage.timeline.beat_of(now)) < options.beats:
        shown(beat)
        due = conductor.turn(now, commands.until(now), notes.until(now))
        due = min(due, notes.next(), commands.next())
        now = max(due, now + FASTEST)
        if not stage.timeline.running and math.isinf(commands.next()):
            break
    conductor.turn(now, (Command(Quit()),), ())
    result.timeline = stage.timeline
    return result


class _Coming(Generic[T]):
    """What comes at known times."""

    def __init__(self, items: Iterable[tuple[float, T]]) -> None:
        self._heap = [(at, index, item) for index, (at, item) in enumerate(items)]
        heapify(self._heap)

    def until(self, now: float) -> list[T]:
        """Take what has come by now."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            found.append(heappop(self._heap)[2])
        return found

    def next(self) -> float:
        """Return when the next comes."""
        return self._heap[0][0] if self._heap else math.inf
