"""A voice of sound: turns what is asked of it into orders, each at its time."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Self

from msgspec.structs import replace

from live.declared.actions import REMEMBERED
from live.declared.knob import Value
from live.declared.knobs import SoundKnobs, turned, values
from live.engine.loading import check
from live.engine.memento import Memento
from live.engine.notes import operations as op
from live.engine.played import Writing
from live.engine.reports import full, not_saved
from live.engine.reviving import Done
from live.engine.routing import Heard, Listening
from live.engine.settling import Settling
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.memento import LONG_AGO, Read, checked, known, read
from live.engine.sound.orders import Load, Outlet, Prime, Rest, Restore, Rewind
from live.engine.sound.prime import primed
from live.engine.stage import Stage
from live.engine.voice import Resources, Voice
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Ready, Recalled, Saved, Trouble
from live.ipc.wire import ALL, PLAYER, CommittedNote, LetGo, Lifted, Pedal, Played, Segment
from live.machine import realtime
from live.runtime.opening import Opened
from live.runtime.sound.instrument import Instrument
from live.runtime.sound.stream import KEYS, SoundModel
from models.contract.border import border
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS

MARGIN = 0.003
"""Seconds that a note needs on its way from where it is committed to where it is played."""
SILENT = -60.0
"""The gain in dB that counts as silence."""


class SoundVoice(Voice):
    """Gives its orders to what plays it. Threads: the engine's only; nothing here waits."""

    kind = "audio"

    def __init__(
        self,
        number: int,
        stage: Stage,
        outlet: Outlet,
        artifact: Opened,
        instrument: Instrument,
        knobs: SoundKnobs,
        resources: Resources,
        settling: Settling,
    ) -> None:
        self.number = number
        self._stage = stage
        self.knobs = knobs
        self._outlet = outlet
        self._artifact, self._instrument = artifact, instrument
        self._artifacts, self._capture = resources.artifacts, resources.capture
        self._settling = settling
        self._slots: dict[str, float] = {}
        """When each was saved last."""
        self._writing = Writing(stage, number)
        self._troubles: SimpleQueue[Trouble] = SimpleQueue()
        self._level()

    @classmethod
    def open(
        cls,
        number: int,
        artifact: Opened,
        knobs: Mapping[str, Value],
        stage: Stage,
        resources: Resources,
        now: float,
    ) -> Self:
        """Return a voice that plays an artifact. Raises ArtifactError where the file cannot be played."""
        assert resources.play is not None
        check(artifact, cls.kind)
        instrument: Instrument = artifact.take()
        settling = Settling(cls.kind)
        settled = turned(SoundKnobs(), settling.begin(artifact, knobs))
        outlet = resources.play(SoundGenerator(number, instrument, settled))
        voice = cls(number, stage, outlet, artifact, instrument, settled, resources, settling)
        voice._begin(now)
        return voice

    def _begin(self, now: float) -> None:
        artifact, tick = self._artifact, self._stage.timeline.tick_at(now)
        path, knobs = str(artifact.path), values(self.knobs)
        begin = op.Begin(path=path, digest=artifact.digest, knobs=knobs, tick=tick, kind=self.kind)
        self._stage.journal(self.number, now, begin)
        self._tell_ready()
        for knob, value in values(self.knobs).items():
            self._stage.news(KnobSet(voice=self.number, knob=knob, value=value))

    def obey(self, act: acts.ToVoice, asked: Command, now: float) -> None:
        """Do what this voice is asked for; see `Voice.obey`."""
        match act:
            case acts.SetKnob():
                self.turn_knob(act.knob, act.value, now)
            case acts.Prime():
                self.prime(act.path, act.seconds, now)
            case acts.Save() | acts.Recall() | acts.Rewind() | acts.Reset():
                self.move_memory(act, asked, now)
            case _:
                # An act of notes alone; surfaces refuse it, and the kind may have changed since.
                name = type(act).__name__.lower()
                text = f"Voice {self.number} plays sound, and {name} is for voices of notes."
                self._stage.news(Trouble(code=name, text=text, asker=asked.asker))

    @property
    def lead(self) -> float:
        """How many seconds before its time a note of another voice must be known to be played here in time."""
        hears = KEYS in self._instrument.model.abilities
        outside = self.knobs.hears not in ("none", PLAYER)
        return self._outlet.depth + MARGIN if hears and outside else 0.0

    @property
    def listening(self) -> Listening:
        """Whose notes it plays, as its knobs say."""
        return Listening.of(self.knobs)

    def report(self) -> None:
        """Report its load since the last report."""
        self._stage.news(self._outlet.sounding())

    def hear(self, heard: Heard, now: float) -> None:
        """Take what somebody does whom this voice hears, at the time when it was done."""
        match heard.what:
            case Played() | Pedal() | Lifted() as played:
                self._outlet.ask(played.at, played)
                self._writing.take(played, now)
            case CommittedNote() | LetGo() as message:
                self._outlet.ask(now, message)
                if heard.who == PLAYER:
                    self._writing.let_go(now)

    def heed(self, segment: Segment, now: float) -> None:
        """Take a new piece of the clock."""
        self._outlet.ask(now, segment)

    def hush(self, now: float) -> None:
        """Release all keys."""
        self._outlet.ask(now, LetGo(who=ALL))

    def jumped(self, ticks: int, now: float) -> None:
        """Write it down, for the take: what it remembers is in seconds."""
        self._stage.journal(self.number, now, op.Jump(ticks=ticks))

    def rest(self, on: bool, now: float) -> None:
        """Fall silent with the clock, and go on with it."""
        self._outlet.ask(now, Rest(on))

    def panic(self, now: float) -> None:
        """Forget everything, whatever sounds."""
        self._do(acts.Reset(tick=self._stage.timeline.tick_at(now)), now)

    def check(self, artifact: Opened) -> None:
        """Raise ArtifactError where it is no artifact of sound."""
        check(artifact, self.kind)

    def take_over(self, artifact: Opened, now: float) -> None:
        """Go on with another network; see `Voice.take_over`."""
        instrument: Instrument = artifact.take()
        self._artifact, self._instrument = artifact, instrument
        # The last ones may still be written down.
        self._slots = {}
        path, tick = str(artifact.path), self._stage.timeline.tick_at(now)
        self._stage.journal(
            self.number, now, acts.Load(path=path, digest=artifact.digest, tick=tick)
        )
        self._outlet.ask(now, Load(instrument))
        self._tell_ready()
        for knob, value in self._settling.take_over(artifact, values(self.knobs)).items():
            self.turn_knob(knob, value, now)

    def turn_knob(self, knob: str, value: Value, now: float) -> None:
        """Turn one of the voice's knobs."""
        before, self.knobs = self.listening, turned(self.knobs, {knob: value})
        self._level()
        self._do(acts.SetKnob(knob=knob, value=value), now)
        self._stage.news(KnobSet(voice=self.number, knob=knob, value=value))
        if self.listening != before:
            self._stage.route()

    def move_memory(
        self, act: acts.Save | acts.Recall | acts.Rewind | acts.Reset, asked: Command, now: float
    ) -> None:
        """Keep a moment, or go back to one."""
        timeline = self._stage.timeline
        tick = timeline.tick_at(now)
        match act:
            case acts.Save() if (said := full(act.slot, self._slots, asked)) is not None:
                self._stage.news(said)
            case acts.Save(slot=slot):
                if slot not in self._slots:
                    self._instrument.make_room()
                self._slots[slot] = now
                self._do(replace(act, tick=tick), now)
                self._stage.news(Saved(voice=self.number, slot=slot, asker=asked.asker))
            case acts.Recall(slot=slot) if slot not in self._slots:
                self._stage.news(not_saved(slot, sorted(self._slots), asked))
            case acts.Recall(slot=slot):
                self._do(replace(act, tick=tick), now)
                self._stage.news(Recalled(voice=self.number, slot=slot, asker=asked.asker))
            case acts.Rewind():
                beats = act.beats * self._stage.bars.metre.beat / TICKS
                done = replace(act, ticks=round(beats * TICKS), tick=tick)
                self._stage.journal(self.number, now, done)
                to = timeline.time_of(timeline.beat_of(now) - beats)
                self._outlet.ask(now, Rewind(to, self._short(beats, now)))
            case acts.Reset():
                self._do(replace(act, tick=tick), now)

    def memento(self) -> Memento:
        """Return its slots, and where it can go on: what it keeps while it is written down."""
        return known(self._artifact, self._instrument, self._slots)

    def relive(self, memento: Memento, since: Sequence[Done], now: float) -> Memento:
        """Return what was known; what it played since cannot be done again."""
        return checked(memento, self._artifact, f"What was kept of voice {self.number}")

    def reader(self) -> Callable[[Memento, bool], Read]:
        """Return what reads a memento of the artifact that plays now; see `Voice.reader`."""
        where = f"What was kept of voice {self.number}"
        return partial(read, instrument=self._instrument, where=where)

    def restore(self, kept: Read, now: float) -> None:
        """Go on from what was read; see `Voice.restore`."""
        self._slots = dict.fromkeys(kept.slots, LONG_AGO) | self._slots
        self._stage.journal(self.number, now, op.Restore(digest=kept.digest, whole=kept.whole))
        self._outlet.ask(now, Restore(self._instrument, kept.slots, kept.last))

    def prime(self, path: str, seconds: float, now: float) -> None:
        """Begin to listen to other sound; where it has been heard, the voice goes on from there."""
        model = self._instrument.model
        if self._artifacts.beside:
            asked = model, path, seconds, now
            Thread(target=self._listen, args=asked, name="prime", daemon=True).start()
        else:
            self._prime(model, path, seconds, now)

    def troubles(self) -> list[Trouble]:
        """Return what has gone wrong since, on other threads."""
        return [self._troubles.get() for _ in range(self._troubles.qsize())]

    def _do(
        self, operation: acts.SetKnob | acts.Save | acts.Recall | acts.Reset, now: float
    ) -> None:
        self._stage.journal(self.number, now, operation)
        self._outlet.ask(now, operation)

    def _short(self, beats: float, now: float) -> Callable[[float], None]:
        """Return what tells, on the thread that plays, that the voice could not go back so many beats."""
        timeline = self._stage.timeline

        def tell(at: float) -> None:
            went = max(timeline.beat_of(now) - timeline.beat_of(at), 0.0)
            text = (
                f"Voice {self.number} went back {went:.1f} beats, not {beats:g}: it remembers what "
                f"it has played since it began, and of that the last {REMEMBERED:g} seconds."
            )
            self._troubles.put(Trouble(code="slot", text=text))

        return tell

    def _tell_ready(self) -> None:
        name, path = self._artifact.name, str(self._artifact.path)
        self._stage.news(Ready(voice=self.number, name=name, path=path))

    def _level(self) -> None:
        gain, pan = self.knobs.gain, self.knobs.pan
        heard = gain > SILENT and not self.knobs.mute
        self._outlet.level(10 ** (gain / 20) if heard else 0.0, pan)

    def _listen(self, model: SoundModel, path: str, seconds: float, now: float) -> None:
        realtime.stand_back()
        self._prime(model, path, seconds, now)

    def _prime(self, model: SoundModel, path: str, seconds: float, now: float) -> None:
        what = path or "What came in"
        try:
            with border(lambda said: ExtempoError(f"{what} cannot be gone on from ({said}).")):
                state = primed(model, path, seconds, self._capture)
                if state is not None:
                    self._outlet.ask(now, Prime(model, state))
        except ExtempoError as error:
            self._troubles.put(Trouble(code="prime", text=str(error)))
