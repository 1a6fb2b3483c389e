"""All voices on one clock: takes what control and the ports bring, and says when it must be asked again."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from live.declared.knobs import TRANSPORT, Value, defaults
from live.declared.metre import metre
from live.engine.agenda import WAITING, Agenda
from live.engine.flood import newest, same_knob
from live.engine.kinds import KINDS
from live.engine.reports import Reports
from live.engine.stage import Stage
from live.engine.voice import Resources, Voice
from live.ipc import commands as ask
from live.ipc.commands import Command
from live.ipc.config import VoiceOptions
from live.ipc.wire import (
    FromPorts,
    Lead,
    Leads,
    LetGo,
    Lifted,
    Moved,
    Pedal,
    Played,
    Thru,
    ToPorts,
    Trouble,
)
from live.time.clock import Bars
from live.time.leader import Leader
from live.time.sources.source import Pulse, Reading
from live.time.sources.table import FIRST
from models.contract.errors import ArtifactError

AT_ONCE = 0.0002
"""Seconds between two turns at least, where nothing is left to draw."""
AT_LAST = 0.25
"""Seconds after which the engine looks round, whatever happens."""

_ToAll = ask.Start | ask.Stop | ask.Downbeat | ask.Tap | ask.Source | ask.Panic | ask.Quit


class Conductor:
    """Owns the clock and the voices. `turn` is all that happens; it never waits.

    Threads: the engine's only. Time is given, so that an offline run is the same thing.
    """

    def __init__(
        self,
        stage: Stage,
        resources: Resources,
        transport: Mapping[str, Value],
        source: str = "",
    ) -> None:
        self.stage = stage
        self.voices: dict[int, Voice] = {}
        self.transport = defaults(TRANSPORT) | dict(transport)
        self._resources = resources
        self._library = resources.library
        self._leader = Leader(stage, self._follow, source or FIRST)
        self._later: Agenda[Command] = Agenda(stage)
        self._playing: dict[int, str] = {}
        """The path of what each voice plays."""
        self._cuts: Agenda[tuple[int, str]] = Agenda(stage)
        self._reports = Reports(stage)
        self._to_ports = stage.to_ports
        self._lead = stage.lead
        """How long before its time the ports want a note, in seconds."""
        self._now = 0.0
        stage.to_ports = self._send
        stage.route = self._route
        stage.bars = Bars(metre(self.transport["metre"]))

    def begin(self, voices: Mapping[int, VoiceOptions], now: float) -> None:
        """Add all voices. Raises ArtifactError where a file cannot be played."""
        self._now = now
        for number, voice in voices.items():
            path = self._playing[number] = str(voice.artifact)
            opens = KINDS[voice.kind]
            self.voices[number] = opens(number, path, voice.knobs, self.stage, self._resources, now)
        self.stage.flush()
        self._route()

    def turn(self, now: float, asked: Sequence[Command], played: Sequence[FromPorts]) -> float:
        """Take what came, commit what is due, draw one event a voice; return when to be called again."""
        self._now = now
        self.stage.lead = max(self._lead, *(voice.lead for voice in self.voices.values()))
        self._leader.turn(now)
        for message in played:
            self._hear(message, now)
        for command in newest(asked, now):
            self._admit(command, now)
        self._later.take(now, lambda command: self._act(command, now))
        self._take_loaded(now)
        more = False
        for voice in self.voices.values():
            more |= voice.turn(now)
        self.stage.flush()
        if self._reports.give(now, self.voices.values(), len(self._later)):
            for voice in self.voices.values():
                voice.report()
        return now if more else self._due(now)

    def warm(self) -> None:
        """Keep the models' weights in the caches while somebody may play a note any moment."""
        for voice in self.voices.values():
            voice.warm()

    def _due(self, now: float) -> float:
        times = [voice.due(now) for voice in self.voices.values()]
        times += [self._later.due(), self._cuts.due(), self._reports.due(), self._leader.due()]
        return max(now + AT_ONCE, min(now + AT_LAST, *times))

    def _admit(self, command: Command, now: float) -> None:
        """Act on a command now, or let it wait for the time, beat or bar that it is meant for."""
        if command.at > now:
            kept = self._later.add_time(command, command.at)
            if not kept and isinstance(command, ask.Panic | ask.Quit):
                # Neither is ever one too many: then it is for now.
                kept = True
                self._act(command, now)
        elif (
            isinstance(command, ask.SetKnob) and (tick := self._tick_for(command, now)) is not None
        ):
            kept = self._later.add_tick(command, tick, same_knob)
        else:
            kept = True
            self._act(command, now)
        if not kept:
            text = f"{WAITING} commands wait for their time already: send fewer ahead."
            self.stage.news(Trouble(code="busy", text=text))

    def _tick_for(self, command: ask.SetKnob, now: float) -> int | None:
        """Return the beat or bar line that a turned knob waits for; None is now."""
        voice = self.voices.get(command.voice)
        match voice.when(command.knob) if voice is not None else "now":
            case "beat":
                return self.stage.bars.next_beat(self.stage.reachable(now))
            case "bar":
                return self.stage.bars.next_bar(self.stage.reachable(now))
        return None

    def _hear(self, message: FromPorts, now: float) -> None:
        match message:
            case Played() | Pedal() | Lifted():
                for voice in self.voices.values():
                    voice.hear(message, now)
            case Lead():
                self._lead = message.seconds
            case _:
                assert_never(message)

    def _act(self, command: Command, now: float) -> None:
        match command:
            case ask.SetKnob(voice=0):
                self._turn_transport(command.knob, command.value, now)
            case (
                ask.Start() | ask.Stop() | ask.Downbeat() | ask.Tap() | ask.Source()
                | ask.Panic() | ask.Quit()
            ):  # fmt: skip
                self._act_on_all(command, now)
            case _:
                voice = self.voices.get(command.voice)
                if voice is not None:
                    voice.obey(command, now)
                else:
                    text = f"There is no voice {command.voice}: {len(self.voices)} play here."
                    self.stage.news(Trouble(code="voice", text=text))

    def _act_on_all(self, command: _ToAll, now: float) -> None:
        match command:
            case ask.Start():
                self._pulse("start", now, now)
            case ask.Stop():
                self._pulse("stop", now, now)
            case ask.Downbeat():
                self._pulse("downbeat", now, now)
            case ask.Tap():
                self._pulse("tap", command.at or now, now)
            case ask.Source():
                self._leader.choose(command.name)
                self.stage.news(Leads(source=self._leader.chosen))
            case ask.Panic():
                self._let_go(now)
                self._later.clear()
                for voice in self.voices.values():
                    voice.panic(now)
            case ask.Quit():
                self._let_go(now)
                if self.stage.timeline.running:
                    self.stage.change(now, 0.0)
            case _:
                assert_never(command)

    def _pulse(self, kind: str, at: float, now: float) -> None:
        self._leader.hear(Pulse(kind, at, float(self.transport["tempo"])), now)

    def _follow(self, reading: Reading, now: float) -> None:
        """Bring the clock where the source that leads has it."""
        stage, running = self.stage, self.stage.timeline.running
        if reading.knob is not None:
            self.transport["tempo"] = reading.knob
        tempo = float(self.transport["tempo"]) if reading.tempo is None else reading.tempo
        if reading.running is False:
            self._let_go(now)
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
            stage.news(Moved(voice=0, knob="tempo", value=reading.knob))

    def _begin_bar(self, at: float, tempo: float, now: float) -> None:
        """Let a bar begin, and what waits for a beat or a bar line come."""
        tick = self.stage.begin_bar(at, tempo)
        self._measure(now)
        self._later.hasten(tick)
        self._cuts.hasten(tick)

    def _let_go(self, now: float) -> None:
        for voice in self.voices.values():
            voice.hush(now)
        self.stage.to_ports(LetGo(voice=0))

    def _turn_transport(self, knob: str, value: Value, now: float) -> None:
        self.transport[knob] = value
        if knob == "tempo":
            self._pulse("tempo", now, now)
            return
        tick = self.stage.timeline.tick_at(now)
        self.stage.bars = self.stage.bars.changed(tick, metre(value))
        self._measure(now)
        self.stage.news(Moved(voice=0, knob=knob, value=value))

    def _take_loaded(self, now: float) -> None:
        """Let artifacts that have been loaded take over on a bar line; tell of those that could not be."""
        finished = self._library.finished()
        for load, error in finished:
            error = error or self._refuse(load.voice, load.path) or self._cut(load, now)
            if error:
                self.stage.news(Trouble(code="load", text=error, asker=load.asker))
        if self._cuts.take(now, lambda cut: self._swap(*cut, now)) or finished:
            # Only now: what came with another, or takes over with it, must not be forgotten in between.
            self._forget_models()
        for voice in self.voices.values():
            for trouble in voice.troubles():
                self.stage.news(trouble)

    def _cut(self, load: ask.Load, now: float) -> str:
        """Let what was loaded take over on a bar line; return why it will not, or nothing."""
        bar = self.stage.bars.next_bar(self.stage.reachable(now))
        if self._cuts.add_tick((load.voice, load.path), bar, lambda one, other: one[0] == other[0]):
            return ""
        return f"{load.path} was not loaded, for too many wait for a bar line: ask again."

    def _refuse(self, number: int, path: str) -> str:
        """Return why a voice cannot play what was loaded for it; nothing where it can."""
        try:
            self._library.check(path, self.voices[number].kind)
        except ArtifactError as error:
            return str(error)
        return ""

    def _send(self, message: ToPorts) -> None:
        """Send to the ports, and to the voices, some of which play notes as ports do."""
        self._to_ports(message)
        for voice in self.voices.values():
            voice.heed(message, self._now)

    def _route(self) -> None:
        """Tell the ports where the player's own notes sound: as the first voice has it that says so."""
        said = (voice.thru for voice in self.voices.values())
        self.stage.to_ports(next(filter(None, said), None) or Thru(to="off", channel=1))

    def _measure(self, now: float) -> None:
        for voice in self.voices.values():
            voice.measure(now)

    def _rest(self, on: bool, now: float) -> None:
        for voice in self.voices.values():
            voice.rest(on, now)

    def _swap(self, number: int, path: str, now: float) -> None:
        self.voices[number].take_over(path, now)
        self._playing[number] = path

    def _forget_models(self) -> None:
        """Let go of the models that neither play nor wait for a bar line."""
        about_to = [path for _, path in self._cuts.waiting()]
        self._library.keep({*self._playing.values(), *about_to})
