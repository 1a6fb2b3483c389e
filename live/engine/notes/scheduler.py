"""One voice in time: what the performer plays to it, when it may play, when what it planned is committed."""

import math
from time import perf_counter

from msgspec.structs import replace

from live.declared.knob import Value
from live.engine.notes import operations as op
from live.engine.notes.ear import Ear
from live.engine.notes.generator import Generator
from live.engine.notes.operations import ANY, LAST
from live.engine.notes.past import Waiting
from live.engine.stage import STEP, Stage
from live.ipc import acts
from live.ipc.wire import LetGo, Lifted, Pedal, Played, Sound
from models.contract.grid import TICKS, Note
from models.midi.messages import Message, NoteOff, NoteOn

HORIZON = 1.0
"""Seconds that are planned ahead."""
PLANNED = 64
"""Events that are planned ahead at most."""
LATE = 0.05
"""Seconds after its time at which an event is no longer worth playing: the voice rests instead."""
ENTRY = TICKS
"""Ticks within which an answer begins, or a solo."""


class Scheduler:
    """Decides when a voice plays; the generator decides what. Threads: the engine's only; nothing here waits.

    holds: how often the plan came too late and was dropped. steps: seconds that each draw took.
    """

    def __init__(self, generator: Generator, stage: Stage) -> None:
        self.generator = generator
        self.ear = Ear()
        self.holds = 0
        self.steps: list[float] = []
        self._stage = stage
        self._answer_end = 0
        """The tick at which the answer is over; 0 while there is none."""
        self._insists = False
        """Whether the answer goes on though the player plays: who never falls silent is answered all the same."""
        self._resting = False
        """Nothing could be drawn, and nothing has changed since."""
        self._begins = True
        """It begins to play, or begins again: who asked for that wants to hear something."""

    def do(self, operation: op.Operation, now: float) -> bool:
        """Do an operation and write it down."""
        done = self.generator.do(operation)
        self._stage.journal(self.generator.number, now, operation)
        return done

    def hear(self, played: Played | Pedal | Lifted, now: float) -> None:
        """Take what the performer did, at its own time. A held clock hears no notes."""
        message = played.message
        if not isinstance(message, NoteOn | NoteOff):
            self._let_go(message, played.at, now)
        elif self._stage.timeline.running:
            if isinstance(message, NoteOn):
                self._take(message, played.at, now)
            else:
                self._let_go(message, played.at, now)

    def _take(self, key: NoteOn, at: float, now: float) -> None:
        self.roll_back(now)
        if self._answer_end and not self._insists:
            self._yield(now)
        if self.ear.hands.holds(key.pitch):
            # Struck again, by hand or under the pedal, its note ends.
            self._lift(key.pitch, at, now)
        tick, lost = self.ear.down(key, at, self._stage.timeline)
        self.do(acts.Play(tick=tick, pitch=key.pitch, velocity=key.velocity, lost=lost), now)

    def _let_go(self, message: Message, at: float, now: float) -> None:
        """End what ends where keys come up, or the pedal."""
        for pitch in self.ear.lift(message, at):
            self._lift(pitch, at, now)

    def turn(self, knob: str, value: Value, shapes: bool, now: float) -> None:
        """Turn one of the voice's knobs; one that shapes the music plans again."""
        if shapes:
            self.roll_back(now)
        if knob == "mode":
            self._answer_end = 0
            self._insists = False
            self.ear.answered()
            self._begins = True
        self.do(acts.SetKnob(knob=knob, value=value), now)

    def measure(self, operation: op.Measure, now: float) -> None:
        """Take bars that are others from now on; an answer that goes on ends on a beat of theirs."""
        if self._answer_end:
            self._answer_end = self._stage.bars.next_beat(self._answer_end)
        self.do(operation, now)

    def roll_back(self, now: float, early: float = STEP) -> None:
        """Drop the plan, but for what must sound before another could be drawn, `early` seconds from now."""
        self._resting = False
        self.commit(now, early)
        if self.generator.plan:
            self.do(op.Drop(), now)

    def recall(self, act: acts.Recall, now: float) -> bool:
        """Go back to what a slot keeps; returns whether it keeps anything.

        Where nothing ends what it plays now, it plays what it was about to play then.
        """
        self.roll_back(now)
        limits = self._limits(now)
        freely = limits is not None and limits.end == ANY and not self.generator.at_once
        tick = self._stage.timeline.tick_at(now)
        return self.do(replace(act, tick=tick, planned=freely), now)

    def waiting(self) -> Waiting:
        """Return what the player waits for."""
        return Waiting(self._answer_end, self._insists, self.ear.heard, self.ear.since)

    def go_on(self, waiting: Waiting | None, now: float) -> None:
        """Go on as if nothing had been in between; where something was to be played meanwhile, begin again."""
        if waiting is not None:
            self._answer_end, self._insists = waiting.answer_end, waiting.insists
            self.ear.heard, self.ear.since = waiting.heard, waiting.since
        self.ear.last = now
        self._resting = False
        coming = self.generator.coming
        self._begins = coming is None or coming[0].onset < self._stage.reachable(now)
        if coming is not None and self._begins:
            self.do(op.Drop(), now)
            self.do(op.Hush(tick=self._stage.timeline.tick_at(now)), now)

    def hush(self, now: float) -> None:
        """Let go of what sounds, of what is planned, and of the performer's keys."""
        self.roll_back(now)
        self._begins = True
        for pitch in self.ear.clear():
            self._lift(pitch, now, now)
        self._yield(now)

    def jumped(self, ticks: int, now: float) -> None:
        """Go on from where the clock has jumped to, by so many ticks; see `hush` for what comes first."""
        self.ear.jumped(ticks)
        self.do(op.Jump(ticks=ticks), now)

    def commit(self, now: float, early: float = 0.0) -> None:
        """Send what is due. early: seconds beyond the stage's lead."""
        stage, generator = self._stage, self.generator
        while (coming := generator.coming) is not None:
            note, number = coming
            if generator.at_once:
                # The grid may have put its tick a little later than now.
                self._play(note, number, now, now)
                continue
            at = stage.timeline.time_of_tick(note.onset)
            if at > now + stage.lead + early:
                break
            if now - at > LATE:
                self.holds += 1
                self.do(op.Drop(), now)
                # After a machine has slept, no class of gap would fit but the longest.
                self._begins = True
                return
            self._play(note, number, at, now)
        if generator.plan and generator.plan[0].note is None:
            self._pass(now)

    def _pass(self, now: float) -> None:
        """Let steps that decide no note be over with their time."""
        if self._stage.timeline.time_of_tick(self.generator.plan[0].tick) <= now:
            self.do(op.Pass(tick=self._stage.timeline.tick_at(now)), now)

    def plan(self, now: float) -> bool:
        """Draw one event where one is wanted. Returns whether another may be wanted at once."""
        self._begin_or_end_answer(now)
        limits = self._limits(now)
        if limits is None:
            return False
        # What comes due while the next event is drawn would go out late, and on JACK a period later.
        self.commit(now, STEP)
        began = perf_counter()
        drawn = self.do(limits, now)
        if not drawn and limits.end == ANY and limits.ceiling != ANY:
            drawn = self.do(op.Plan(floor=limits.floor, ceiling=ANY, end=ANY), now)
        self.steps.append(perf_counter() - began)
        self.ear.owed = False
        self._begins = self._begins and not drawn
        self._resting = not drawn
        return drawn

    def due(self, now: float) -> float:
        """Return when it must be asked again, if nothing happens before.

        A horizon that has come already is not waited for: what could be drawn was.
        """
        times = [math.inf]
        timeline = self._stage.timeline
        if (coming := self.generator.coming) is not None:
            times.append(timeline.time_of_tick(coming[0].onset) - self._stage.lead)
        if self.generator.plan:
            if self.generator.plan[0].note is None:
                times.append(timeline.time_of_tick(self.generator.plan[0].tick))
            horizon = timeline.time_of_tick(self.generator.latest.tick) - HORIZON
            times.append(horizon if horizon > now else math.inf)
        if self._answer_end:
            times.append(timeline.time_of_tick(self._answer_end))
        elif self._waits_to_answer:
            times.append(self.ear.silent_from + self.generator.knobs.silence)
            if (tick := self._patience_ends) is not None:
                times.append(timeline.time_of_tick(tick))
        elif self.ear.paused_from > now:
            times.append(self.ear.paused_from)
        return min(times)

    @property
    def _patience_ends(self) -> int | None:
        """Return the bar line at which a player who never falls silent is answered; None for never."""
        patience, since = self.generator.knobs.patience, self.ear.since
        if not patience or since is None:
            return None
        bars = self._stage.bars
        return bars.next_bar(since + patience * bars.length)

    @property
    def _waits_to_answer(self) -> bool:
        return self.generator.knobs.mode == "respond" and self.ear.heard

    def _lift(self, pitch: int, at: float, now: float) -> None:
        self._resting = False
        self.commit(now, STEP)
        self.do(op.Lift(tick=self._stage.timeline.tick_at(at), pitch=pitch), now)

    def _yield(self, now: float) -> None:
        self._answer_end = 0
        self._insists = False
        self._stage.to_ports(LetGo(who=self.generator.number))
        self.do(op.Hush(tick=self._stage.timeline.tick_at(now)), now)

    def _play(self, note: Note, number: int, at: float, now: float) -> None:
        generator = self.generator
        heard = not generator.knobs.mute
        channel = generator.knobs.channel
        ended = tuple(one.pitch for _, one in generator.stolen())
        self.do(
            op.Commit(
                tick=note.onset, pitch=note.pitch, velocity=note.velocity, duration=note.duration,
                number=number, channel=channel, heard=heard, ended=ended,
            ),
            now,
        )  # fmt: skip
        if heard:
            end = (note.onset + note.duration) / TICKS
            self._stage.to_ports(
                Sound(
                    voice=generator.number, pitch=note.pitch, velocity=note.velocity,
                    channel=channel, at=at, end=end, number=number, ended=ended,
                )
            )  # fmt: skip

    def _begin_or_end_answer(self, now: float) -> None:
        timeline = self._stage.timeline
        if self._answer_end and now >= timeline.time_of_tick(self._answer_end):
            if self._insists:
                self.ear.answered()
            self._answer_end = 0
            self._insists = self._resting = False
        if self._waits_to_answer and not self._answer_end and timeline.running:
            if now < self.ear.silent_from + self.generator.knobs.silence:
                tick = self._patience_ends
                self._insists = tick is not None and now >= timeline.time_of_tick(tick)
                if not self._insists:
                    return
            length = self.generator.knobs.bars * self._stage.bars.length
            self._answer_end = self._stage.bars.next_beat(self._stage.reachable(now) + length)
            self.ear.answered()
            self._resting = False

    def _limits(self, now: float) -> op.Plan | None:
        """Return between which ticks one more event may be drawn now, or None."""
        generator, stage = self.generator, self._stage
        if self._resting or not stage.timeline.running:
            return None
        if generator.at_once:
            return op.Plan(floor=0, ceiling=ANY, end=ANY) if self.ear.owed else None
        horizon = stage.timeline.beat_of(now + HORIZON) * TICKS
        if len(generator.plan) >= PLANNED or (generator.plan and generator.latest.tick >= horizon):
            return None
        floor = ANY if generator.plan else stage.reachable(now)
        entry = ANY if generator.latest.own else max(floor, generator.latest.tick) + ENTRY
        match generator.knobs.mode:
            case "solo":
                ceiling = stage.bars.next_beat(floor) if self._begins else ANY
                return op.Plan(floor=floor, ceiling=ceiling, end=ANY)
            case "continue":
                if self.ear.heard and now >= self.ear.paused_from:
                    return op.Plan(floor=floor, ceiling=entry, end=ANY)
            case "respond":
                if self._answer_end:
                    ceiling = ANY if entry == ANY else min(entry, self._answer_end - LAST)
                    return op.Plan(floor=floor, ceiling=ceiling, end=self._answer_end)
        return None
