"""All voices of notes of one engine, beside its voices of sound and on the same clock."""

from collections.abc import Mapping
from typing import assert_never

import msgspec

from live.declared.knobs import EVENTS, Value
from live.engine.loading import Library
from live.engine.notes import masks
from live.engine.notes import operations as op
from live.engine.notes.performer import Performer
from live.engine.notes.voice import Voice
from live.engine.reports import full, not_saved
from live.engine.settling import Settling
from live.engine.sound.voices import ToVoice
from live.engine.stage import Stage
from live.ipc import commands as ask
from live.ipc.wire import Moved, Pedal, Played, Ready, Recalled, Saved, Thru, Trouble

CUT = 0.03
"""Seconds ahead that are committed before an artifact takes over: it is fed the past meanwhile."""


class Notes:
    """The conductor's half that plays notes. Threads: the engine's only; nothing here waits."""

    def __init__(self, stage: Stage, library: Library) -> None:
        self.performers: dict[int, Performer] = {}
        self._stage = stage
        self._library = library
        self._settling = Settling(library, "events")

    def begin(self, number: int, path: str, knobs: Mapping[str, Value], now: float) -> None:
        """Add a voice that plays an artifact. Raises ArtifactError where the file cannot be played."""
        self._library.check(path, "events")
        performer = Performer(Voice(number, self._library.take), self._stage)
        self._measure(performer, now)
        settled = self._settling.begin(number, path, knobs)
        digest, tick = self._library.digest(path), self._stage.timeline.tick_at(now)
        performer.do(
            op.Begin(path=path, digest=digest, knobs=settled, tick=tick, held_start=False), now
        )
        self.performers[number] = performer
        self._stage.news(Ready(voice=number, name=self._library.name(path), path=path))
        for knob, value in settled.items():
            self._stage.news(Moved(voice=number, knob=knob, value=value))
        self._warn_of_silence(performer)

    def act(self, performer: Performer, command: ToVoice, now: float) -> None:
        """Act on a command to one voice."""
        match command:
            case ask.SetKnob():
                self._turn(performer, {command.knob: command.value}, now)
            case ask.Play():
                at = command.at or now
                played = Played(pitch=command.pitch, velocity=command.velocity, at=at)
                performer.hear(played, now)
            case ask.Sustain():
                performer.hear(Pedal(down=command.down, at=command.at or now), now)
            case ask.Load():
                self._library.ask(command)
            case ask.Prime():
                text = f"Voice {command.voice} plays notes: play them to it instead of sound."
                self._stage.news(Trouble(code="prime", text=text))
            case _:
                self._move_memory(performer, command, now)

    def swap(self, number: int, path: str, now: float) -> None:
        """Let a loaded artifact take over, with the knobs that it asks for where the last one's still stand."""
        performer = self.performers[number]
        performer.roll_back(now, CUT)
        digest, tick = self._library.digest(path), self._stage.timeline.tick_at(now)
        performer.do(op.Swap(path=path, digest=digest, tick=tick), now)
        self._stage.news(Ready(voice=number, name=self._library.name(path), path=path))
        self._turn(performer, self._settling.swap(number, path, performer.voice.knobs), now)

    def measure(self, now: float) -> None:
        """Let every voice know the bars as they are from now on."""
        for performer in self.performers.values():
            performer.roll_back(now)
            self._measure(performer, now)

    def set_thru(self) -> None:
        """Tell the ports where the performer's notes sound: as the first voice of notes has it."""
        routed: dict[str, Value] = {"type": "Thru", "to": "off", "channel": 1}
        for performer in list(self.performers.values())[:1]:
            knobs = performer.voice.knobs
            routed |= {"to": knobs["thru"], "channel": knobs["channel"]}
        self._stage.to_ports(msgspec.convert(routed, Thru))

    def _move_memory(
        self,
        performer: Performer,
        command: ask.Save | ask.Recall | ask.Rewind | ask.Reset | ask.Force,
        now: float,
    ) -> None:
        tick = self._stage.timeline.tick_at(now)
        match command:
            case ask.Save():
                self._save(performer, command, tick, now)
            case ask.Recall():
                if not performer.go_back(command.slot, now):
                    self._stage.news(not_saved(command, performer.voice.slots))
                else:
                    number, asker = performer.voice.number, command.asker
                    self._stage.news(Recalled(voice=number, slot=command.slot, asker=asker))
            case _:
                performer.roll_back(now)
                self._rewrite(performer, command, tick, now)

    def _save(self, performer: Performer, command: ask.Save, tick: int, now: float) -> None:
        refused = full(command, performer.voice.slots)
        if refused is not None:
            self._stage.news(refused)
            return
        performer.do(op.Keep(slot=command.slot, tick=tick), now)
        number = performer.voice.number
        self._stage.news(Saved(voice=number, slot=command.slot, asker=command.asker))

    def _rewrite(
        self,
        performer: Performer,
        command: ask.Rewind | ask.Reset | ask.Force,
        tick: int,
        now: float,
    ) -> None:
        match command:
            case ask.Rewind():
                performer.do(
                    op.Back(ticks=round(command.beats * self._stage.bars.metre.beat), tick=tick),
                    now,
                )
            case ask.Reset():
                performer.do(op.Forget(tick=tick), now)
            case ask.Force():
                performer.do(op.Fix(factor=command.factor, code=command.code), now)
            case _:
                assert_never(command)

    def _turn(self, performer: Performer, knobs: Mapping[str, Value], now: float) -> None:
        if not knobs:
            return
        number = performer.voice.number
        for knob, value in knobs.items():
            performer.turn(knob, value, EVENTS[knob].shapes, now)
            self._stage.news(Moved(voice=number, knob=knob, value=value))
        if not knobs.keys().isdisjoint(("thru", "channel")):
            self.set_thru()
        self._warn_of_silence(performer)

    def _warn_of_silence(self, performer: Performer) -> None:
        knobs = performer.voice.knobs
        if not masks.pitches(knobs).any():
            why = "its scale leaves no pitch from low to high; widen them"
            if int(knobs["low"]) > int(knobs["high"]):
                why = (
                    f"low ({knobs['low']}) is above high ({knobs['high']}); move one past the other"
                )
            text = f"Voice {performer.voice.number} rests: {why}."
            self._stage.news(Trouble(code="empty", text=text))

    def _measure(self, performer: Performer, now: float) -> None:
        bars = self._stage.bars
        beats, unit = bars.metre
        performer.measure(op.Measure(metre=beats, unit=unit, tick=bars.tick, bar=bars.bar), now)
