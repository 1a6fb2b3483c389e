"""All voices on one clock: takes what control and the ports bring, and says when it must be asked again."""

from collections.abc import Mapping, Sequence
from typing import assert_never

import msgspec

from live import commands as ask
from live.clock import Bars, Tapper, next_beat
from live.commands import Command
from live.engine import obey
from live.engine import operations as op
from live.engine.agenda import WAITING, Agenda
from live.engine.loading import Library
from live.engine.performer import Performer
from live.engine.reports import Reports
from live.engine.stage import Stage
from live.engine.voice import Voice
from live.knobs import EVENTS, TRANSPORT, Value, defaults
from live.wire import FromPorts, Lead, LetGo, Moved, Pedal, Played, Ready, Thru, Trouble
from models.contract.performance import TICKS

CUT = 0.03
"""Seconds ahead that are committed before an artifact takes over: it is fed the past meanwhile."""
AT_ONCE = 0.0002
"""Seconds between two turns at least, where nothing is left to draw."""
AT_LAST = 0.25
"""Seconds after which the engine looks round, whatever happens."""

_ToAll = ask.Start | ask.Stop | ask.Tap | ask.Panic | ask.Quit
_ToOne = (
    ask.SetKnob | ask.Play | ask.Sustain | ask.Save | ask.Recall | ask.Rewind | ask.Reset
    | ask.Force | ask.Load | ask.Prime
)  # fmt: skip


class Conductor:
    """Owns the clock and the performers. `turn` is all that happens; it never waits.

    Threads: the engine's only. Time is given, so that an offline run is the same thing.
    """

    def __init__(self, stage: Stage, library: Library, transport: Mapping[str, Value]) -> None:
        self.stage = stage
        self.performers: dict[int, Performer] = {}
        self.transport = defaults(TRANSPORT) | dict(transport)
        self._library = library
        self._tapper = Tapper()
        self._later: Agenda[Command] = Agenda(stage)
        self._cuts: Agenda[tuple[int, str]] = Agenda(stage)
        self._reports = Reports(stage)
        stage.bars = Bars(int(self.transport["metre"]))

    def begin(self, number: int, path: str, knobs: Mapping[str, Value], now: float) -> None:
        """Add a voice that plays an artifact. Raises ArtifactError where the file cannot be played."""
        self._library.load(path)
        performer = Performer(Voice(number, self._library.take), self.stage)
        self._measure(performer, now)
        settled = defaults(EVENTS) | dict(self._library.knobs(path)) | dict(knobs)
        digest, tick = self._library.digest(path), self.stage.timeline.tick_at(now)
        performer.do(op.Begin(path=path, digest=digest, knobs=settled, tick=tick), now)
        self.performers[number] = performer
        self.stage.flush()
        self.stage.news(Ready(voice=number, name=self._library.name(path), path=path))
        for knob, value in settled.items():
            self.stage.news(Moved(voice=number, knob=knob, value=value))
        self._warn_of_silence(performer)
        self._set_thru()

    def turn(self, now: float, asked: Sequence[Command], played: Sequence[FromPorts]) -> float:
        """Take what came, commit what is due, draw one event a voice; return when to be called again."""
        for message in played:
            self._hear(message, now)
        for command in asked:
            self._admit(command, now)
        self._later.take(now, lambda command: self._act(command, now))
        self._take_loaded(now)
        more = False
        for performer in self.performers.values():
            performer.commit(now)
            more |= performer.plan(now)
            performer.commit(now)
        self.stage.flush()
        self._reports.give(now, self.performers.values(), len(self._later))
        return now if more else self._due(now)

    def warm(self) -> None:
        """Keep the models' weights in the caches while somebody may play a note any moment."""
        for performer in self.performers.values():
            performer.voice.warm()

    def _due(self, now: float) -> float:
        times = [performer.due(now) for performer in self.performers.values()]
        times += [self._later.due(), self._cuts.due(), self._reports.due()]
        return max(now + AT_ONCE, min(now + AT_LAST, *times))

    def _admit(self, command: Command, now: float) -> None:
        """Act on a command now, or let it wait for the time, beat or bar that it is meant for."""
        if command.at > now:
            kept = self._later.add_time(command, command.at)
        elif (
            isinstance(command, ask.SetKnob) and (tick := self._tick_for(command, now)) is not None
        ):
            kept = self._later.add_tick(command, tick)
        else:
            kept = True
            self._act(command, now)
        if not kept:
            text = f"{WAITING} commands wait for their time already: send fewer ahead."
            self.stage.news(Trouble(code="busy", text=text))

    def _tick_for(self, command: ask.SetKnob, now: float) -> int | None:
        """Return the beat or bar line that a turned knob waits for; None is now."""
        performer = self.performers.get(command.voice)
        if performer is None or not EVENTS[command.knob].shapes:
            return None
        match performer.voice.knobs["when"]:
            case "beat":
                return next_beat(self.stage.reachable(now))
            case "bar":
                return self.stage.bars.next_bar(self.stage.reachable(now))
        return None

    def _hear(self, message: FromPorts, now: float) -> None:
        match message:
            case Played():
                for performer in self.performers.values():
                    performer.hear(message.pitch, message.velocity, message.at, now)
            case Pedal():
                for performer in self.performers.values():
                    performer.pedal(message.down, message.at, now)
            case Lead():
                self.stage.lead = message.seconds
            case _:
                assert_never(message)

    def _act(self, command: Command, now: float) -> None:
        match command:
            case ask.SetKnob(voice=0):
                self._turn_transport(command.knob, command.value, now)
            case ask.Start() | ask.Stop() | ask.Tap() | ask.Panic() | ask.Quit():
                self._act_on_all(command, now)
            case _:
                performer = self.performers.get(command.voice)
                if performer is None:
                    text = f"There is no voice {command.voice}: {len(self.performers)} play here."
                    self.stage.news(Trouble(code="voice", text=text))
                else:
                    self._act_on_one(performer, command, now)

    def _act_on_all(self, command: _ToAll, now: float) -> None:
        match command:
            case ask.Start():
                if not self.stage.timeline.running:
                    self.stage.change(now, float(self.transport["tempo"]))
            case ask.Tap():
                tempo = self._tapper.tap(command.at or now)
                if tempo is not None:
                    knob = TRANSPORT["tempo"]
                    self._turn_transport("tempo", min(max(tempo, knob.low), knob.high), now)
            case ask.Stop() | ask.Panic() | ask.Quit():
                for performer in self.performers.values():
                    performer.hush(now)
                self.stage.to_ports(LetGo(voice=0))
                if not isinstance(command, ask.Panic) and self.stage.timeline.running:
                    self.stage.change(now, 0.0)
            case _:
                assert_never(command)

    def _act_on_one(self, performer: Performer, command: _ToOne, now: float) -> None:
        match command:
            case ask.SetKnob():
                self._turn(performer, command, now)
            case ask.Play():
                performer.hear(command.pitch, command.velocity, command.at or now, now)
            case ask.Sustain():
                performer.pedal(command.down, command.at or now, now)
            case ask.Load():
                self._library.ask(performer.voice.number, command.path)
            case ask.Prime():
                text = f"Voice {command.voice} plays notes: play them to it instead of sound."
                self.stage.news(Trouble(code="prime", text=text))
            case _:
                self._move_memory(performer, command, now)

    def _move_memory(
        self,
        performer: Performer,
        command: ask.Save | ask.Recall | ask.Rewind | ask.Reset | ask.Force,
        now: float,
    ) -> None:
        tick = self.stage.timeline.tick_at(now)
        if isinstance(command, ask.Save):
            performer.do(op.Keep(slot=command.slot, tick=tick), now)
            return
        performer.roll_back(now)
        match command:
            case ask.Recall():
                if not performer.do(op.Return(slot=command.slot, tick=tick), now):
                    kept = ", ".join(performer.voice.slots) or "nothing yet"
                    text = f"Nothing is saved in slot {command.slot!r}; saved are: {kept}."
                    self.stage.news(Trouble(code="slot", text=text))
            case ask.Rewind():
                performer.do(op.Back(ticks=round(command.beats * TICKS), tick=tick), now)
            case ask.Reset():
                performer.do(op.Forget(tick=tick), now)
            case ask.Force():
                performer.do(op.Fix(factor=command.factor, code=command.code), now)
            case _:
                assert_never(command)

    def _turn(self, performer: Performer, command: ask.SetKnob, now: float) -> None:
        performer.turn(command.knob, command.value, EVENTS[command.knob].shapes, now)
        number = performer.voice.number
        self.stage.news(Moved(voice=number, knob=command.knob, value=command.value))
        if command.knob in ("thru", "channel"):
            self._set_thru()
        self._warn_of_silence(performer)

    def _warn_of_silence(self, performer: Performer) -> None:
        if not obey.pitches(performer.voice.knobs).any():
            number = performer.voice.number
            text = f"Voice {number} rests: its scale leaves no pitch from low to high; widen them."
            self.stage.news(Trouble(code="empty", text=text))

    def _set_thru(self) -> None:
        """Tell the ports where the performer's notes sound: as the first voice has it."""
        knobs = next(iter(self.performers.values())).voice.knobs
        routed = {"type": "Thru", "to": knobs["thru"], "channel": knobs["channel"]}
        self.stage.to_ports(msgspec.convert(routed, Thru))

    def _turn_transport(self, knob: str, value: Value, now: float) -> None:
        self.transport[knob] = value
        tick = self.stage.timeline.tick_at(now)
        if knob == "metre":
            self.stage.bars = self.stage.bars.changed(tick, int(value))
            for performer in self.performers.values():
                performer.roll_back(now)
                self._measure(performer, now)
        elif self.stage.timeline.running:
            self.stage.change(now, float(value))
        self.stage.news(Moved(voice=0, knob=knob, value=value))

    def _measure(self, performer: Performer, now: float) -> None:
        bars = self.stage.bars
        performer.do(op.Measure(metre=bars.metre, tick=bars.tick, bar=bars.bar), now)

    def _take_loaded(self, now: float) -> None:
        """Let artifacts that have been loaded take over on a bar line; tell of those that could not be."""
        for number, path, error in self._library.finished():
            if error:
                self.stage.news(Trouble(code="load", text=error))
            else:
                self._cuts.add_tick(
                    (number, path), self.stage.bars.next_bar(self.stage.reachable(now))
                )
        self._cuts.take(now, lambda cut: self._swap(*cut, now))

    def _swap(self, number: int, path: str, now: float) -> None:
        performer = self.performers[number]
        performer.roll_back(now, CUT)
        digest, tick = self._library.digest(path), self.stage.timeline.tick_at(now)
        performer.do(op.Swap(path=path, digest=digest, tick=tick), now)
        self.stage.news(Ready(voice=number, name=self._library.name(path), path=path))
