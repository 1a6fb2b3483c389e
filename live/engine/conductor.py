"""All voices on one clock: takes what control and the ports bring, and says when it must be asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from live.declared.knob import Value
from live.engine.agenda import WAITING, Agenda
from live.engine.flood import newest, same_knob
from live.engine.kinds import KINDS
from live.engine.loads import Wanted
from live.engine.played import Writing
from live.engine.reports import Reports
from live.engine.routing import Heard, Routing
from live.engine.stage import Stage
from live.engine.transport import Transport
from live.engine.voice import Resources, Voice
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import VoiceOptions
from live.ipc.news import (
    Clock,
    Trouble,
)
from live.ipc.wire import (
    PLAYER,
    CommittedNote,
    FromPorts,
    Lead,
    LetGo,
    Lifted,
    Pedal,
    Played,
    Segment,
    Thru,
)
from live.runtime.opening import Opened
from models.contract.errors import ArtifactError
from models.midi.messages import DRUMS

AT_ONCE = 0.0002
"""Seconds between two turns at least, where nothing is left to draw."""
AT_LAST = 0.25
"""Seconds between turns of the engine, at most."""


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
        self._hearing: list[Voice] = []
        """All of them, in the order in which they hear the player."""
        self._resources = resources
        self._artifacts = resources.artifacts
        self._later: Agenda[Command] = Agenda(stage)
        self._cuts: Agenda[tuple[int, Opened]] = Agenda(stage)
        """Which artifacts are to take over, and of which voices."""
        self._reports = Reports(stage)
        self._lead = stage.lead
        """How long before its time the ports want a note, in seconds."""
        self._now = 0.0
        self._routing = Routing()
        self._unheard = Writing(stage, PLAYER)
        stage.spread = self._spread
        stage.route = self._route
        stage.answers = self._answers
        stage.turns.partners = self._routing.partners
        waiting = self._later, self._cuts
        self._clock = Transport(stage, self.voices, waiting, self._reports, transport, source)

    def begin(self, voices: Mapping[int, VoiceOptions], now: float) -> None:
        """Add all voices. Raises ArtifactError where a file cannot be played."""
        self._now = now
        for number, voice in voices.items():
            artifact, opens = self._artifacts.open(str(voice.artifact)), KINDS[voice.kind]
            self.voices[number] = opens(
                number, artifact, voice.knobs, self.stage, self._resources, now
            )
        self._hearing = sorted(self.voices.values(), key=lambda voice: voice.ponders)
        self.stage.flush()
        self._route()

    def go_on(self, clock: Clock, now: float) -> None:
        """Go on where another engine's clock would be now."""
        self._now = now
        self._clock.go_on(clock, now)

    def turn(self, now: float, asked: Sequence[Command], played: Sequence[FromPorts]) -> float:
        """Take what came, commit what is due, draw one step a voice; return when to be called again."""
        self._now = now
        self.stage.lead = max(self._lead, *(voice.lead for voice in self.voices.values()))
        self._clock.turn(now)
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
        times += [self._later.due(), self._cuts.due(), self._reports.due(), self._clock.due()]
        return max(now + AT_ONCE, min(now + AT_LAST, *times))

    def _admit(self, command: Command, now: float) -> None:
        """Act on a command now, or let it wait for the time, beat or bar that it is meant for."""
        if command.at > now:
            kept = self._later.add_time(command, command.at)
            if not kept and isinstance(command.act, acts.Panic | acts.Quit):
                # Neither is ever one too many: then it is for now.
                kept = True
                self._act(command, now)
        elif (tick := self._tick_for(command, now)) is not None:
            kept = self._later.add_tick(command, tick, same_knob)
        else:
            kept = True
            self._act(command, now)
        if not kept:
            text = f"{WAITING} commands wait for their time already: send fewer ahead."
            self.stage.news(Trouble(code="busy", text=text))

    def _tick_for(self, command: Command, now: float) -> int | None:
        """Return the beat or bar line that a turned knob waits for; None is now."""
        act, voice = command.act, self.voices.get(command.voice)
        if not isinstance(act, acts.SetKnob) or voice is None:
            return None
        match voice.when(act.knob):
            case "beat":
                return self.stage.bars.next_beat(self.stage.reachable(now))
            case "bar":
                return self.stage.bars.next_bar(self.stage.reachable(now))
        return None

    def _hear(self, message: FromPorts, now: float) -> None:
        match message:
            case Played(channel=channel) if channel == DRUMS:
                self._clock.hear(message)
                self._hit(message, now)
            case Played() | Pedal() | Lifted():
                hearers = self._routing.hearers(PLAYER, message.channel)
                if not (hearers and isinstance(message, Played) and message.velocity):
                    # The take has it though nobody hears it; what ends may have begun unheard.
                    self._unheard.take(message, now)
                elif hearers:
                    self._clock.hear(message)
                heard = Heard(PLAYER, message)
                for voice in self._hearing:
                    if voice.number in hearers:
                        voice.hear(heard, now)
            case Lead():
                self._lead = message.seconds
            case _:
                assert_never(message)

    def _hit(self, message: Played, now: float) -> None:
        """Let those who play drums hear a hit of the player's; to others only its beat counts."""
        hearers = self._routing.hearers(PLAYER, message.channel)
        for voice in self._hearing:
            if voice.number in hearers and voice.drums:
                voice.hear(Heard(PLAYER, message), now)

    def _act(self, command: Command, now: float) -> None:
        match act := command.act:
            case acts.SetKnob() if not command.voice:
                self._clock.turn_knob(act.knob, act.value, now)
            case acts.Start() | acts.Stop() | acts.Downbeat() | acts.Tap() | acts.Source():
                self._clock.obey(act, command.at or now, now)
            case acts.Panic():
                self._clock.let_go(now)
                self._later.clear()
                for voice in self.voices.values():
                    voice.panic(now)
            case acts.Quit():
                self._clock.end(now)
            case _:
                asked = self.voices.get(command.voice)
                if asked is not None:
                    self._act_on(asked, act, command, now)
                else:
                    text = f"There is no voice {command.voice}: {len(self.voices)} play here."
                    self.stage.news(Trouble(code="voice", text=text))

    def _act_on(
        self,
        voice: Voice,
        act: acts.ToVoice | acts.Play | acts.Pedal | acts.Load,
        command: Command,
        now: float,
    ) -> None:
        match act:
            case acts.Play(pitch=pitch, velocity=velocity):
                played = Played(pitch=pitch, velocity=velocity, at=command.at or now)
                self._clock.hear(played)
                voice.hear(Heard(PLAYER, played), now)
            case acts.Pedal(down=down):
                voice.hear(Heard(PLAYER, Pedal(down=down, at=command.at or now)), now)
            case acts.Load():
                self._artifacts.ask(Wanted(voice.number, act.path, command.asker))
            case _:
                voice.obey(act, command, now)

    def _take_loaded(self, now: float) -> None:
        """Let artifacts that have been loaded take over on a bar line; tell of those that could not be."""
        for load, artifact, error in self._artifacts.ended():
            if artifact is not None:
                error = self._refuse(load.voice, artifact) or self._cut(load, artifact, now)
            if error:
                self.stage.news(Trouble(code="load", text=error, asker=load.asker))
        self._cuts.take(now, lambda cut: self.voices[cut[0]].take_over(cut[1], now))
        for voice in self.voices.values():
            for trouble in voice.troubles():
                self.stage.news(trouble)

    def _cut(self, load: Wanted, artifact: Opened, now: float) -> str:
        """Let what was loaded take over on a bar line; return why it will not, or nothing."""
        bar = self.stage.bars.next_bar(self.stage.reachable(now))
        if self._cuts.add_tick((load.voice, artifact), bar, lambda one, other: one[0] == other[0]):
            return ""
        return f"{load.path} was not loaded, for too many wait for a bar line: ask again."

    def _refuse(self, number: int, artifact: Opened) -> str:
        """Return why a voice cannot play what was loaded for it; nothing where it can."""
        try:
            self.voices[number].check(artifact)
        except ArtifactError as error:
            return str(error)
        return ""

    def _answers(self) -> bool | None:
        """Return whether a voice answers the player just now; None where none ever does."""
        found = [one for voice in self.voices.values() if (one := voice.answers()) is not None]
        return any(found) if found else None

    def _spread(self, message: Heard | Segment) -> None:
        """Give what a voice played to those who hear it, and a new piece of the clock to all."""
        if isinstance(message, Segment):
            for voice in self.voices.values():
                voice.heed(message, self._now)
        elif isinstance(message.what, CommittedNote):
            for number in self._routing.hearers(message.who, message.what.channel):
                returns = self._routing.returns(message.who, number)
                self.voices[number].hear(replace(message, returns=returns), self._now)
        else:
            for number, voice in self.voices.items():
                if number != message.who:
                    voice.hear(message, self._now)

    def _route(self) -> None:
        """Take whom the voices hear, and tell the ports where the player's own notes sound.

        That is as the first voice has it that says so.
        """
        moved = [
            voice
            for voice in self.voices.values()
            if not self._routing.stands(voice.number, voice.listening)
        ]
        for voice in moved:
            self._listen(voice)
        for voice in moved:
            # Only once all are there whom they may hear.
            if text := self._routing.nobody(voice.number):
                self.stage.news(Trouble(code="hears", text=text))
        said = (voice.thru for voice in self.voices.values())
        self.stage.to_ports(next(filter(None, said), None) or Thru(to="off", channel=1))

    def _listen(self, voice: Voice) -> None:
        """Have a voice hear whom it is to; what it holds of others is let go."""
        for who in self._routing.set(voice.number, voice.listening):
            voice.hear(Heard(who, LetGo(who=who)), self._now)
