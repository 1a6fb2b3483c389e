"""A voice of notes: what it is asked, as operations of what it plays."""

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

from msgspec.structs import replace

from live.declared.knob import Value
from live.declared.knobs import NOTE_KNOBS, values
from live.engine import loading
from live.engine.memento import Memento, MementoError
from live.engine.notes import operations as op
from live.engine.notes.answering import answers
from live.engine.notes.declining import Asker, not_planned
from live.engine.notes.decoders import table
from live.engine.notes.generator import Generator
from live.engine.notes.knowledge import Knowledge
from live.engine.notes.memento import pack
from live.engine.notes.past import Past
from live.engine.notes.relive import relive
from live.engine.notes.remembering import Read, read, unpack
from live.engine.notes.scheduler import Scheduler
from live.engine.notes.warnings import Warnings
from live.engine.reports import full, not_forced, not_saved
from live.engine.reviving import Done
from live.engine.routing import Heard, Listening
from live.engine.settling import Settling
from live.engine.stage import Stage
from live.engine.voice import Effort, Resources, Voice
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Ready, Recalled, Saved, Trouble
from live.ipc.wire import Thru
from live.runtime.opening import Opened
from models.contract.stepping import StepModel

CUT = 0.03
"""Seconds ahead that are committed before an artifact takes over: it is fed the past meanwhile."""


class NotesVoice(Voice):
    """Obeys and tells; the scheduler decides when, the generator what. Threads: the engine's only."""

    kind = "events"
    ponders = True

    def __init__(
        self, number: int, stage: Stage, artifact: Opened, artifacts: loading.Artifacts
    ) -> None:
        self.number = number
        self._stage, self._artifacts = stage, artifacts
        self.check(artifact)
        self._artifact = artifact
        self._model: StepModel = artifact.take()
        self.generator = Generator(number, lambda _path: self._model)
        self._scheduler = Scheduler(self.generator, stage)
        self._warnings = Warnings(number, stage)
        self._settling = Settling(self.kind)
        self.answers = partial(answers, number, self.generator, self._scheduler)
        self._owed: deque[Knowledge] = deque()
        """Of what slots were about to play, what is still to be worked out."""

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
        voice = cls(number, stage, artifact, resources.artifacts)
        voice._begin(knobs, now)
        return voice

    def _begin(self, knobs: Mapping[str, Value], now: float) -> None:
        self._take_bars(now)
        artifact, tick = self._artifact, self._stage.timeline.tick_at(now)
        settled = self._settling.begin(artifact, knobs)
        begin = op.Begin(
            path=str(artifact.path), digest=artifact.digest, knobs=settled, tick=tick, held_start=False,
            index=self._model.index.digest,
        )  # fmt: skip
        self._scheduler.do(begin, now)
        self._tell_ready()
        for knob, value in settled.items():
            self._stage.news(KnobSet(voice=self.number, knob=knob, value=value))
        self._warn(settled)

    def obey(self, act: acts.ToVoice, asked: Command, now: float) -> None:
        """Do what this voice is asked for; see `Voice.obey`."""
        match act:
            case acts.SetKnob():
                self._turn_knobs({act.knob: act.value}, now, asked.asker)
            case acts.Prime():
                text = f"Voice {self.number} plays notes: play them to it instead of sound."
                self._stage.news(Trouble(code="prime", text=text))
            case _:
                self._move_memory(act, asked, now)

    def hear(self, heard: Heard, now: float) -> None:
        """Take what somebody does whom this voice hears."""
        self._scheduler.hear(heard, now)
        self._warnings.heard(heard, self.generator.history, self._model, self._artifact.name)

    def check(self, artifact: Opened) -> None:
        """Raise ArtifactError where it is no artifact of notes, or is written as nothing here plays."""
        loading.check(artifact, self.kind)
        table.check(artifact.document.representation, str(artifact.path))

    def take_over(self, artifact: Opened, now: float) -> None:
        """Play an artifact from now on; see `Voice.take_over`."""
        self._scheduler.roll_back(now, CUT)
        self._artifact, self._model = artifact, artifact.take()
        self._owed.clear()
        load = acts.Load(
            path=str(artifact.path), digest=artifact.digest, index=self._model.index.digest,
            tick=self._stage.timeline.tick_at(now),
        )  # fmt: skip
        self._scheduler.do(load, now)
        self._tell_ready()
        self._turn_knobs(self._settling.take_over(artifact, values(self.generator.knobs)), now)
        self._warn({})

    @property
    def listening(self) -> Listening:
        """Whom it hears, as its knobs say."""
        knobs = self.generator.knobs
        return Listening.of(knobs, knobs.channel, knobs.chords_channel)

    @property
    def drums(self) -> bool:
        """Whether it plays drums, and hears those of the player."""
        return self.generator.drums

    @property
    def thru(self) -> Thru:
        """Where the player's own notes are to sound, as the knobs say."""
        knobs = self.generator.knobs
        return Thru(to=knobs.thru, channel=knobs.channel)

    def when(self, knob: str) -> str:
        """Return when a turn of a knob takes effect: those that shape the music may wait for a beat or bar."""
        return self.generator.knobs.when if NOTE_KNOBS[knob].shapes else "now"

    def measure(self, now: float) -> None:
        """Take the bars as they are from now on."""
        self._scheduler.roll_back(now)
        self._take_bars(now)

    def jumped(self, ticks: int, now: float) -> None:
        """Remember what was as if it had led to where the clock is now."""
        self._scheduler.jumped(ticks, now)

    def hush(self, now: float) -> None:
        """Let go of what sounds, of what is planned, and of the player's keys."""
        self._scheduler.hush(now)

    def turn(self, now: float) -> bool:
        """Send what is due, and draw one step where one is wanted."""
        self._scheduler.commit(now)
        more = self._scheduler.plan(now)
        self._warnings.drawn(self.generator.refused, self.generator.knobs)
        self._scheduler.commit(now)
        if self._owed and not more:
            self._owed.popleft()()
        return more

    def due(self, now: float) -> float:
        """Return when the voice must be asked again, if nothing happens before."""
        return now if self._owed else self._scheduler.due(now)

    def memento(self) -> Memento:
        """Return what it knows now, as references to values."""
        past = dataclasses.replace(self.generator.past(), waiting=self._scheduler.waiting())
        return self._memento(past)

    def _memento(self, past: Past) -> Memento:
        one, slots = self._artifact, tuple(past.slots)
        return Memento(self.kind, one.name, str(one.path), one.digest, slots, partial(pack, past))

    def relive(self, memento: Memento, since: Sequence[Done], now: float) -> Memento:
        """Return what was known after what happened since; see `Voice.relive`."""
        artifacts, kept = self._artifacts, f"What was kept of voice {self.number}"
        artifact = artifacts.open(memento.path)
        if artifact.digest != memento.digest:
            raise MementoError(f"{memento.path} has changed since: {kept} is of another network.")
        past = unpack(memento.pack(False), artifact.take(), kept)
        if not past.moments:
            raise MementoError(f"{kept} is its slots only.")
        begin = op.Begin(
            path=memento.path, digest=memento.digest, knobs=values(past.knobs), tick=0, held_start=False,
            index=artifact.take().index.digest,
        )  # fmt: skip
        tick = self._stage.timeline.tick_at(now)
        lived, path = relive(
            self.number, lambda path: artifacts.open(path).take(), begin, past, since, tick, now
        )
        artifact = artifacts.open(path)
        if artifact.digest != self._artifact.digest:
            raise MementoError(f"{kept} is of {artifact.name}, and it plays {self._artifact.name}.")
        return self._memento(lived)

    def reader(self) -> Callable[[Memento, bool], Read]:
        """Return what reads a memento of the artifact that plays now; see `Voice.reader`."""
        return partial(read, model=self._model, where=f"What was kept of voice {self.number}")

    def restore(self, kept: Read, now: float) -> None:
        """Go on from what was read; see `Voice.restore`. What slots were about to play is worked out by and by."""
        mementos = self.generator.mementos
        mementos[kept.digest] = kept.past
        self._scheduler.do(op.Restore(digest=kept.digest, whole=kept.whole), now)
        del mementos[kept.digest]
        planned = (one for slot in kept.past.slots.values() for one in slot.planned)
        self._owed = deque(one.knowledge for one in planned if one.knowledge.known is None)
        if kept.whole:
            self._scheduler.go_on(kept.past.waiting, now)

    def warm(self) -> None:
        """Keep the network's weights in the caches while somebody may play a note any moment."""
        self.generator.warm()

    def effort(self) -> Effort:
        """Return its load since the last call."""
        steps, self._scheduler.steps = self._scheduler.steps, []
        return Effort(steps, self._scheduler.holds, len(self.generator.plan))

    def _move_memory(
        self,
        act: acts.Save | acts.Recall | acts.Rewind | acts.Reset | acts.OfNotes,
        asked: Command,
        now: float,
    ) -> None:
        tick, slots = self._stage.timeline.tick_at(now), self.generator.slots
        match act:
            case acts.Save():
                self._save(replace(act, tick=tick), asked, now)
            case acts.Recall() if not self._scheduler.recall(act, now):
                self._stage.news(not_saved(act.slot, slots, asked))
            case acts.Recall():
                self._stage.news(Recalled(voice=self.number, slot=act.slot, asker=asked.asker))
            case acts.Force():
                self._force(act, asked, now)
            case acts.Plan() if refused := not_planned(act, self._model.representation, asked):
                self._stage.news(refused)
            case _:
                self._do(act, now)

    def _save(self, act: acts.Save, asked: Command, now: float) -> None:
        if (refused := full(act.slot, self.generator.slots, asked)) is not None:
            self._stage.news(refused)
            return
        self._scheduler.do(act, now)
        self._stage.news(Saved(voice=self.number, slot=act.slot, asker=asked.asker))

    def _force(self, act: acts.Force, asked: Command, now: float) -> None:
        if (refused := not_forced(act, self.generator.classes, asked)) is not None:
            self._stage.news(refused)
            return
        self._scheduler.roll_back(now)
        self._scheduler.do(act, now)

    def _do(self, act: acts.Rewind | acts.Reset | acts.OfNotes, now: float) -> None:
        """Do an act, with what the journal says of it besides."""
        if isinstance(act, acts.Rewind):
            act = replace(act, ticks=round(act.beats * self._stage.bars.metre.beat))
        if "tick" in act.__struct_fields__:
            act = replace(act, tick=self._stage.timeline.tick_at(now))
        self._scheduler.roll_back(now)
        self._scheduler.do(act, now)

    def _turn_knobs(self, knobs: Mapping[str, Value], now: float, asker: Asker = None) -> None:
        if not knobs:
            return
        for knob, value in knobs.items():
            before = self.thru, self.listening
            self._scheduler.turn(knob, value, NOTE_KNOBS[knob].shapes, now)
            self._stage.news(KnobSet(voice=self.number, knob=knob, value=value))
            if (self.thru, self.listening) != before:
                # Before another knob commits what it is about to change: a replay sees them in this order.
                self._stage.route()
        self._warn(knobs, asker)

    def _warn(self, turned: Mapping[str, Value], asker: Asker = None) -> None:
        knobs, name = self.generator.knobs, self._artifact.name
        self._warnings.turned(turned, knobs, self._model, name, asker)

    def _take_bars(self, now: float) -> None:
        (beats, unit), tick, bar = (bars := self._stage.bars).metre, bars.tick, bars.bar
        self._scheduler.measure(op.SetMetre(metre=beats, unit=unit, tick=tick, bar=bar), now)

    def _tell_ready(self) -> None:
        name, path = self._artifact.name, str(self._artifact.path)
        self._stage.news(Ready(voice=self.number, name=name, path=path))
        self._warnings.begun(self._model)
