"""All voices on one clock: takes what control and the ports bring, and says when it must be asked again."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from live.declared.knobs import EVENTS, TRANSPORT, Value, defaults
from live.declared.metre import metre
from live.engine.agenda import WAITING, Agenda
from live.engine.flood import newest, same_knob
from live.engine.loading import Library
from live.engine.notes.voices import Notes
from live.engine.reports import Reports
from live.engine.sound.voices import Sounds
from live.engine.stage import Stage
from live.engine.taps import Taps
from live.ipc import commands as ask
from live.ipc.commands import Command
from live.ipc.config import VoiceOptions
from live.ipc.soundring import SoundRing
from live.ipc.wire import FromPorts, Lead, LetGo, Lifted, Moved, Pedal, Played, ToPorts, Trouble
from live.time.clock import Bars
from models.contract.errors import ArtifactError

if TYPE_CHECKING:
    from live.engine.sound.voices import Play

AT_ONCE = 0.0002
"""Seconds between two turns at least, where nothing is left to draw."""
AT_LAST = 0.25
"""Seconds after which the engine looks round, whatever happens."""

_ToAll = ask.Start | ask.Stop | ask.Downbeat | ask.Tap | ask.Panic | ask.Quit


class Conductor:
    """Owns the clock and the performers. `turn` is all that happens; it never waits.

    play: begins to play a voice of sound, and says where its orders go; None where there will be none.
    capture: where sound that comes in is found. Threads: the engine's only. Time is given, so that an
    offline run is the same thing.
    """

    def __init__(
        self,
        stage: Stage,
        library: Library,
        transport: Mapping[str, Value],
        play: "Play | None" = None,
        capture: SoundRing | None = None,
    ) -> None:
        self.stage = stage
        self.sounds = Sounds(stage, library, play, capture)
        self.notes = Notes(stage, library)
        self.transport = defaults(TRANSPORT) | dict(transport)
        self._library = library
        self._taps = Taps(stage)
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
        stage.bars = Bars(metre(self.transport["metre"]))

    def begin(self, voices: Mapping[int, VoiceOptions], now: float) -> None:
        """Add all voices. Raises ArtifactError where a file cannot be played."""
        self._now = now
        for number, voice in voices.items():
            self._playing[number] = str(voice.artifact)
            if voice.kind == "audio":
                self.sounds.begin(number, str(voice.artifact), voice.knobs, now)
            else:
                self.notes.begin(number, str(voice.artifact), voice.knobs, now)
        self.stage.flush()
        self.notes.set_thru()

    def turn(self, now: float, asked: Sequence[Command], played: Sequence[FromPorts]) -> float:
        """Take what came, commit what is due, draw one event a voice; return when to be called again."""
        self._now = now
        self.stage.lead = max(self._lead, self.sounds.lead)
        self._taps.turn(now)
        for message in played:
            self._hear(message, now)
        for command in newest(asked, now):
            self._admit(command, now)
        self._later.take(now, lambda command: self._act(command, now))
        self._take_loaded(now)
        more = False
        for performer in self.notes.performers.values():
            performer.commit(now)
            more |= performer.plan(now)
            performer.commit(now)
        self.stage.flush()
        if self._reports.give(now, self.notes.performers.values(), len(self._later)):
            self.sounds.report()
        return now if more else self._due(now)

    def warm(self) -> None:
        """Keep the models' weights in the caches while somebody may play a note any moment."""
        for performer in self.notes.performers.values():
            performer.voice.warm()

    def _due(self, now: float) -> float:
        times = [performer.due(now) for performer in self.notes.performers.values()]
        times += [self._later.due(), self._cuts.due(), self._reports.due(), self._taps.due()]
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
        performer = self.notes.performers.get(command.voice)
        if performer is None or not EVENTS[command.knob].shapes:
            return None
        match performer.voice.knobs["when"]:
            case "beat":
                return self.stage.bars.next_beat(self.stage.reachable(now))
            case "bar":
                return self.stage.bars.next_bar(self.stage.reachable(now))
        return None

    def _hear(self, message: FromPorts, now: float) -> None:
        match message:
            case Played() | Pedal() | Lifted():
                self.sounds.hear(message, now)
                for performer in self.notes.performers.values():
                    performer.hear(message, now)
            case Lead():
                self._lead = message.seconds
            case _:
                assert_never(message)

    def _act(self, command: Command, now: float) -> None:
        match command:
            case ask.SetKnob(voice=0):
                self._turn_transport(command.knob, command.value, now)
            case ask.Start() | ask.Stop() | ask.Downbeat() | ask.Tap() | ask.Panic() | ask.Quit():
                self._act_on_all(command, now)
            case _:
                performer = self.notes.performers.get(command.voice)
                sound = self.sounds.performers.get(command.voice)
                if performer is not None:
                    self.notes.act(performer, command, now)
                elif sound is not None:
                    self.sounds.act(sound, command, now)
                else:
                    count = len(self.notes.performers) + len(self.sounds.performers)
                    text = f"There is no voice {command.voice}: {count} play here."
                    self.stage.news(Trouble(code="voice", text=text))

    def _act_on_all(self, command: _ToAll, now: float) -> None:
        match command:
            case ask.Start():
                if not self.stage.timeline.running:
                    self._begin_bar(now, float(self.transport["tempo"]))
                    self.sounds.rest(False, now)
            case ask.Downbeat():
                running = self.stage.timeline.running
                self._begin_bar(now, float(self.transport["tempo"]) if running else 0.0)
            case ask.Tap():
                self._tap(command.at or now, now)
            case ask.Stop() | ask.Panic() | ask.Quit():
                for performer in self.notes.performers.values():
                    performer.hush(now)
                self.stage.to_ports(LetGo(voice=0))
                if isinstance(command, ask.Panic):
                    self._later.clear()
                    self.sounds.panic(now)
                elif self.stage.timeline.running:
                    self._taps.leave()
                    self.stage.change(now, 0.0)
                    if isinstance(command, ask.Stop):
                        self.sounds.rest(True, now)
            case _:
                assert_never(command)

    def _tap(self, at: float, now: float) -> None:
        tempo = self._taps.tap(at)
        if tempo is None:
            return
        self.transport["tempo"] = tempo
        if self.stage.timeline.running:
            self._taps.meet(at, tempo, now)
        self.stage.news(Moved(voice=0, knob="tempo", value=tempo))

    def _begin_bar(self, now: float, tempo: float) -> None:
        """Let a bar begin now, and what waits for a beat or a bar line come."""
        self._taps.leave()
        tick = self.stage.begin_bar(now, tempo)
        self.notes.measure(now)
        self._later.hasten(tick)
        self._cuts.hasten(tick)

    def _turn_transport(self, knob: str, value: Value, now: float) -> None:
        self.transport[knob] = value
        tick = self.stage.timeline.tick_at(now)
        if knob == "metre":
            self.stage.bars = self.stage.bars.changed(tick, metre(value))
            self.notes.measure(now)
        elif self.stage.timeline.running:
            self._taps.leave()
            self.stage.change(now, float(value))
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
        for trouble in self.sounds.troubles():
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
            self._library.check(path, "audio" if number in self.sounds.performers else "events")
        except ArtifactError as error:
            return str(error)
        return ""

    def _send(self, message: ToPorts) -> None:
        """Send to the ports, and to the voices of sound, which play notes as ports do."""
        self._to_ports(message)
        self.sounds.heed(message, self._now)

    def _swap(self, number: int, path: str, now: float) -> None:
        if number in self.sounds.performers:
            self.sounds.swap(number, path, now)
        else:
            self.notes.swap(number, path, now)
        self._playing[number] = path

    def _forget_models(self) -> None:
        """Let go of the models that neither play nor wait for a bar line."""
        about_to = [path for _, path in self._cuts.waiting()]
        self._library.keep({*self._playing.values(), *about_to})
