"""The clock of a performance: what leads it is asked, and the voices, the bars and what waits go along."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from live.declared.knob import Value
from live.declared.knobs import ClockKnobs, turned
from live.declared.metre import Metre, metre
from live.engine.agenda import Agenda
from live.engine.reports import Reports
from live.engine.stage import Stage
from live.engine.voice import Voice
from live.ipc import acts
from live.ipc.news import Clock, Confidence, KnobSet, Leads, Trouble
from live.ipc.wire import ALL, LetGo, Played, Segment
from live.time.clock import Bars, Timeline
from live.time.leader import Leader
from live.time.sources.source import Pulse, Reading
from live.time.sources.table import FIRST


class Transport:
    """Moves the clock as the source says that leads. Threads: the engine's only.

    voices: those that play, by number. waiting: what waits for ticks. knobs: values of the clock's own.
    source: what leads at first.
    """

    def __init__(
        self,
        stage: Stage,
        voices: Mapping[int, Voice],
        waiting: Sequence[Agenda[Any]],
        reports: Reports,
        knobs: Mapping[str, Value],
        source: str = "",
    ) -> None:
        self._stage = stage
        self._voices = voices
        self._waiting = waiting
        self._reports = reports
        self._knobs = turned(ClockKnobs(), knobs)
        self._leader = Leader(stage, self._follow, source or FIRST)
        stage.bars = Bars(metre(self._knobs.metre))

    def turn(self, now: float) -> None:
        """Follow the source that leads."""
        self._leader.turn(now)

    def due(self) -> float:
        """Return when it next needs a turn, unless something happens first."""
        return self._leader.due()

    def hear(self, played: Played) -> None:
        """Take a note that the player strikes: who follows their beat goes by it."""
        if played.velocity:
            self._leader.listen(
                Pulse("note", played.at, 0.0, played.pitch, played.velocity, played.channel)
            )

    def obey(self, act: acts.ToClock, at: float, now: float) -> None:
        """Do what the clock is asked for, which was meant to be done at `at`."""
        match act:
            case acts.Start():
                self._pulse("start", now, now)
            case acts.Stop():
                self._pulse("stop", now, now)
            case acts.Downbeat():
                self._pulse("downbeat", now, now)
            case acts.Tap():
                self._pulse("tap", at, now)
            case acts.Source():
                self._leader.choose(act.name)
                if math.isinf(self._leader.due()):
                    # Who led may have been stretching a beat, and says no more that it has come.
                    self._follow(Reading(now, tempo=self._knobs.tempo), now)
                self._stage.news(Leads(source=self._leader.chosen))
            case _:
                assert_never(act)

    def turn_knob(self, knob: str, value: Value, now: float) -> None:
        """Turn one of the clock's knobs."""
        self._knobs = turned(self._knobs, {knob: value})
        if knob == "tempo":
            self._pulse("tempo", now, now)
            return
        tick = self._stage.timeline.tick_at(now)
        self._stage.bars = self._stage.bars.changed(tick, metre(value))
        self._measure(now)
        self._stage.news(KnobSet(voice=0, knob=knob, value=value))

    def go_on(self, clock: Clock, now: float) -> None:
        """Go on where another engine's clock would be now: on its beat and bars, at its tempo, or held."""
        was = Timeline((Segment(beat=clock.beat, at=clock.at, tempo=clock.tempo),))
        self._stage.bars = Bars(Metre(clock.metre, clock.unit), clock.tick, clock.bar)
        held = None if clock.tempo else False
        tempo = clock.tempo if clock.tempo != self._stage.timeline.last.tempo else None
        self._follow(Reading(now, jump=was.beat_of(now), tempo=tempo, running=held), now)
        self._measure(now)

    def let_go(self, now: float) -> None:
        """Let go of what sounds, and of what is planned."""
        for voice in self._voices.values():
            voice.hush(now)
        self._stage.to_ports(LetGo(who=ALL))

    def end(self, now: float) -> None:
        """Let go of everything and hold the clock, for good."""
        self.let_go(now)
        if self._stage.timeline.running:
            self._stage.change(now, 0.0)

    def _pulse(self, kind: str, at: float, now: float) -> None:
        self._leader.hear(Pulse(kind, at, self._knobs.tempo), now)

    def _follow(self, reading: Reading, now: float) -> None:
        """Bring the clock where the source that leads has it."""
        stage, running = self._stage, self._stage.timeline.running
        if reading.knob is not None:
            self._knobs = turned(self._knobs, {"tempo": reading.knob})
        if reading.jump is not None:
            self._jump(reading.at, reading.jump, now)
        tempo = self._knobs.tempo if reading.tempo is None else reading.tempo
        if reading.running is False:
            self.let_go(now)
            if running:
                stage.change(reading.at, 0.0)
                self._rest(True, now)
        elif reading.downbeat:
            self._begin_bar(reading.at, tempo if running or reading.running else 0.0, now)
        elif reading.running or (running and reading.tempo is not None):
            stage.change(reading.at, tempo)
        if reading.running and not running:
            self._rest(False, now)
        if reading.knob is not None:
            stage.news(KnobSet(voice=0, knob="tempo", value=reading.knob))
        if reading.sure is not None:
            follows, confidence = reading.sure
            stage.news(Confidence(follows=follows, confidence=confidence, tempo=self._knobs.tempo))
        if reading.trouble:
            stage.news(Trouble(code="beat", text=reading.trouble))

    def _jump(self, at: float, beat: float, now: float) -> None:
        """Go on from another beat: what sounds is let go, what was planned dropped, what waits comes."""
        self.let_go(now)
        ticks = self._stage.jump(at, beat)
        for voice in self._voices.values():
            voice.jumped(ticks, now)
        self._reports.jumped()
        self._hasten(self._stage.bars.next_bar(self._stage.timeline.tick_at(at)))

    def _begin_bar(self, at: float, tempo: float, now: float) -> None:
        """Let a bar begin, and what waits for a beat or a bar line come."""
        tick = self._stage.begin_bar(at, tempo)
        self._measure(now)
        self._hasten(tick)

    def _hasten(self, tick: int) -> None:
        for waiting in self._waiting:
            waiting.hasten(tick)

    def _measure(self, now: float) -> None:
        for voice in self._voices.values():
            voice.measure(now)

    def _rest(self, on: bool, now: float) -> None:
        for voice in self._voices.values():
            voice.rest(on, now)
