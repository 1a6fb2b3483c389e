"""One voice in time: what it hears, when it may play, when what it planned is committed."""

import math
from time import perf_counter
from typing import Literal

from msgspec.structs import replace

from live.declared.knob import Value
from live.engine.notes import operations as op
from live.engine.notes.answer import Answer
from live.engine.notes.ear import Ear
from live.engine.notes.generator import Generator
from live.engine.notes.horizon import HORIZON, attempts, limits
from live.engine.notes.operations import ANY
from live.engine.notes.past import Waiting
from live.engine.notes.sending import committed, goes_out, written
from live.engine.routing import Heard
from live.engine.stage import STEP, Stage
from live.ipc import acts
from live.ipc.wire import CommittedNote, LetGo, Lifted, Pedal, Played, Who
from models.contract.grid import Note
from models.midi.messages import Message, NoteOff, NoteOn

LATE = 0.05
"""A note later than this many seconds is not played: the voice rests instead."""


class Scheduler:
    """Decides when a voice plays; its generator decides what. Threads: the engine's only; nothing here waits.

    holds: how often the plan came too late and was dropped. steps: seconds that each draw took.
    """

    def __init__(self, generator: Generator, stage: Stage) -> None:
        self.generator = generator
        self.ear = Ear()
        self.holds = 0
        self.steps: list[float] = []
        self._stage = stage
        self._answer = Answer(generator, self.ear, stage)
        self._resting = False
        """Nothing could be drawn, and nothing has changed since."""
        self._begins = True
        """It starts to play, or starts again: whoever asked for that wants to hear something soon."""
        self._coming: list[Heard] = []
        """What other voices have played and this one has not taken in yet."""
        self._promised: int | None = None
        """The tick by which the next note comes, however often what others play has it drawn again."""
        self._at_once = 0.0
        """When the note sounds that is to be answered at once."""

    def do(self, operation: op.Operation, now: float, at: float | None = None) -> bool:
        """Do an operation and write it down. at: when somebody else did it, where that was earlier than now."""
        if self._coming and not isinstance(operation, op.Commit | op.Drop):
            self._take_in(now)
        done = self.generator.do(operation)
        self._stage.journal(self.generator.number, now if at is None else at, operation)
        return done

    def hear(self, heard: Heard, now: float) -> None:
        """Take what somebody did, at its own time. A held clock hears no notes.

        What another voice plays is taken in before anything else is done.
        """
        match heard.what:
            case CommittedNote(voice=voice):
                assert heard.note is not None
                self._coming.append(heard)
                self.generator.others.hear(voice, heard.note, touch=not heard.returns)
            case LetGo(who=who):
                self._lose(who, now)
            case Played() | Pedal() | Lifted() as played:
                message = played.message
                if isinstance(message, NoteOn | NoteOff) and not self._stage.timeline.running:
                    return
                if isinstance(message, NoteOn):
                    self._take(message, played.at, now)
                else:
                    self._let_go(message, played.at, now)

    def _take_in(self, now: float) -> None:
        """Plan again with what other voices have played; the next note comes no later for it."""
        coming, self._coming, self._resting = self._coming, [], False
        self._plan_again(len(coming), now)
        for heard in coming:
            self._overhear(heard, now)

    def _plan_again(self, notes: int, now: float) -> None:
        # Each costs a step before another note can be drawn.
        self.commit(now, STEP * (1 + notes))
        if self.generator.plan and (next_one := self.generator.coming) is not None:
            tick = next_one[0].onset
            self._promised = tick if self._promised is None else min(tick, self._promised)
        self.do(op.Drop(), now)

    def _overhear(self, heard: Heard, now: float) -> None:
        """Treat what another voice played as if the player had."""
        note, sent = heard.note, heard.what
        assert note is not None
        assert isinstance(sent, CommittedNote)
        if self._answer.yields(sent.voice, note.onset, heard.returns):
            self._yield(now)
        self.ear.overhear(sent.voice, note, sent.at, heard.returns)
        self._at_once = max(self._at_once, sent.at)

    def _lose(self, who: Who | Literal["all"], now: float) -> None:
        """Treat somebody as silent from now on."""
        if isinstance(who, int):
            if self._coming:
                self._take_in(now)
            self.ear.let_go(who, self._stage.timeline.tick_at(now))
        else:
            for pitch in self.ear.hands.clear():
                self._lift(pitch, now, now)

    def _take(self, key: NoteOn, at: float, now: float) -> None:
        self.roll_back(now)
        if self._answer and not self._answer.insists:
            self._yield(now)
        if self.ear.hands.holds(key.pitch):
            # Struck again, by hand or under the pedal, its note ends.
            self._lift(key.pitch, at, now)
        tick, lost = self.ear.down(key, at, self._stage.timeline)
        self.do(acts.Play(tick=tick, pitch=key.pitch, velocity=key.velocity, lost=lost,
            channel=key.channel), now, at)  # fmt: skip

    def _let_go(self, message: Message, at: float, now: float) -> None:
        """End the notes that a released key or pedal ends."""
        for pitch in self.ear.lift(message, at):
            self._lift(pitch, at, now)

    def turn(self, knob: str, value: Value, shapes: bool, now: float) -> None:
        """Turn one of the voice's knobs; one that shapes the music plans again."""
        if shapes:
            self.roll_back(now)
        if knob == "mode":
            self._answer.over()
            self.ear.answered()
            self._begins = True
        self.do(acts.SetKnob(knob=knob, value=value), now)

    def measure(self, operation: op.SetMetre, now: float) -> None:
        """Change the bars from now on; an answer in progress ends on a beat of the new ones."""
        self._answer.measure()
        self.do(operation, now)

    def roll_back(self, now: float, early: float = STEP) -> None:
        """Drop the plan, but for what must sound before another could be drawn, `early` seconds from now."""
        if self._coming:
            self._take_in(now)
        self._resting, self._promised = False, None
        self.commit(now, early)
        if self.generator.plan:
            self.do(op.Drop(), now)

    def recall(self, act: acts.Recall, now: float) -> bool:
        """Go back to what a slot keeps; returns whether it keeps anything.

        Where nothing ends what it plays now, it plays what it was about to play then.
        """
        self.roll_back(now)
        wanted = self._limits(now)
        freely = wanted is not None and wanted.end == ANY and not self.generator.at_once
        return self.do(replace(act, tick=self._stage.timeline.tick_at(now), planned=freely), now)

    def waiting(self) -> Waiting:
        """Return what the player waits for."""
        return Waiting(
            *self._answer.standing, self._begins, self.ear.listened(), self._resting, self._promised
        )

    def go_on(self, waiting: Waiting | None, now: float) -> None:
        """Go on as if there had been no interruption; where notes were due meanwhile, begin again."""
        if waiting is not None:
            self._answer.go_on(waiting)
            self.ear.go_on(waiting.ear)
            self._promised, self._begins = waiting.promised, waiting.begins
            self._resting = waiting.rests
        coming = self.generator.coming
        if coming is not None and self._stage.timeline.time_of_tick(coming[0].sounds) < now:
            self._begins = True
            self.do(op.Drop(), now)
            self.do(op.Hush(tick=self._stage.timeline.tick_at(now)), now)
        elif self.generator.others.coming:
            self._plan_again(len(self.generator.others.coming), now)

    def hush(self, now: float) -> None:
        """Let go of what sounds, of what is planned, and of the player's keys."""
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
                self._play(note, number, max(now, self._at_once), now)
                continue
            at = stage.timeline.time_of_tick(note.sounds)
            if goes_out(generator.plan, stage.timeline) > now + stage.lead + early:
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
        """Commit steps without notes once their time has passed."""
        if self._stage.timeline.time_of_tick(self.generator.plan[0].tick) <= now:
            self.do(op.Pass(tick=self._stage.timeline.tick_at(now)), now)

    def plan(self, now: float) -> bool:
        """Draw one step where one is wanted. Returns whether another may be wanted at once."""
        if self._coming:
            self._take_in(now)
        if self._answer.begin_or_end(now):
            self._resting = False
        self._trade(now)
        wanted = self._limits(now)
        if wanted is None:
            return False
        # What comes due while the next step is drawn would go out late, and on JACK a period later.
        self.commit(now, STEP)
        promised = None if self.generator.coming is not None else self._promised
        began = perf_counter()
        drawn = any(self.do(one, now) for one in attempts(wanted, promised))
        self.steps.append(perf_counter() - began)
        if not drawn or self.generator.coming is not None:
            self.ear.owed = False
            self._begins = self._begins and not drawn
        self._resting = not drawn
        return drawn

    def _trade(self, now: float) -> None:
        """Let the music know with whom the voice trades bars, where that has changed."""
        traders = self._stage.turns.traders(self.generator.number) if self.generator.trades else ()
        if traders != self.generator.others.traders:
            self.roll_back(now)
            self.do(op.Trade(voices=traders), now)

    def due(self, now: float) -> float:
        """Return when it next needs a turn, unless something happens first.

        A horizon that has come already is not waited for: what could be drawn was.
        """
        if self._coming:
            return now
        timeline = self._stage.timeline
        times = [self._answer.due(now)]
        if self.generator.coming is not None:
            times.append(goes_out(self.generator.plan, timeline) - self._stage.lead)
        if self.generator.plan:
            if self.generator.plan[0].note is None:
                times.append(timeline.time_of_tick(self.generator.plan[0].tick))
            horizon = timeline.time_of_tick(self.generator.latest.tick) - HORIZON
            times.append(horizon if horizon > now else math.inf)
        return min(times)

    def _lift(self, pitch: int, at: float, now: float) -> None:
        self._resting = False
        self.commit(now, STEP)
        self.do(op.Lift(tick=self._stage.timeline.tick_at(at), pitch=pitch), now, at)

    def _yield(self, now: float) -> None:
        self._answer.over()
        self._stage.let_go(self.generator.number)
        self.do(op.Hush(tick=self._stage.timeline.tick_at(now)), now)

    def _play(self, note: Note, number: int, at: float, now: float) -> None:
        self._promised = None
        self._answer.played(note.onset)
        sent, heard = committed(self.generator, note, number, at), not self.generator.knobs.mute
        if heard:
            # Before all that is to be remembered of it: somebody waits to hear it.
            self._stage.to_ports(sent)
        self.do(written(note, sent, heard), now)
        if heard:
            self._stage.spread(Heard(sent.voice, sent, note))

    def _limits(self, now: float) -> op.Plan | None:
        """Return between which ticks one more step may be drawn now, or None."""
        if self._resting:
            return None
        return limits(self.generator, self.ear, self._answer, self._stage, now, self._begins)
