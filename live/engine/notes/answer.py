"""When a voice answers, in mode respond: whose silence it waits for, and when its answer is over."""

import math

from live.declared.knobs import NoteKnobs
from live.engine.notes.ear import Ear
from live.engine.notes.generator import Generator
from live.engine.notes.past import Waiting
from live.engine.stage import Stage
from live.time.clock import Bars


def entry(tick: int, knobs: NoteKnobs, bars: Bars) -> int:
    """Return the first tick from one on at which an answer may come in."""
    match knobs.entry:
        case "beat":
            return bars.next_beat(tick)
        case "bar":
            return bars.next_bar(tick)
        case "now":
            return tick


class Answer:
    """The answer that is given, or waited for. Threads: the engine's only.

    begin, end: the ticks at which it comes in, and at which it is over; end is 0 while there is none. insists: it
    goes on though the player plays: who never falls silent is answered all the same.
    """

    def __init__(self, generator: Generator, ear: Ear, stage: Stage) -> None:
        self._generator, self._ear, self._stage = generator, ear, stage
        self.begin = 0
        self.end = 0
        self.insists = False
        stage.turns.taking[generator.number] = self
        self._first: tuple[int, int] | None = None
        """The tick of its first note and our number: of two that answer each other, who began goes on."""

    def __bool__(self) -> bool:
        """Return whether an answer is given."""
        return bool(self.end)

    def over(self) -> None:
        """End the answer."""
        self.end, self.insists = 0, False

    @property
    def standing(self) -> tuple[int, int, bool]:
        """Return begin, end, and whether it insists."""
        return self.begin, self.end, self.insists

    def go_on(self, waiting: Waiting) -> None:
        """Go on as it was."""
        self.begin, self.end, self.insists = waiting.begin, waiting.end, waiting.insists

    def measure(self) -> None:
        """Let an answer that goes on end on a beat of other bars."""
        if self.end:
            self.end = self._stage.bars.next_beat(self.end)

    def played(self, tick: int) -> None:
        """Take a note of the answer as committed."""
        self._first = self._first or (tick, self._generator.number)

    def yields(self, voice: int, tick: int, returns: bool) -> bool:
        """Return whether it is given up for a note of another voice. returns: see `routing.Heard`."""
        leads = returns and self._first is not None and self._first < (tick, voice)
        return bool(self) and not self.insists and not leads

    def begin_or_end(self, now: float) -> bool:
        """End what is over, begin what is due; return whether either happened."""
        timeline, changed = self._stage.timeline, False
        if self and now >= timeline.time_of_tick(self.end):
            if self.insists:
                self._ear.answered()
            self.over()
            changed = True
        if not self._waits or self or not timeline.running:
            return changed
        if now < self._comes or not self._stage.turns.may_begin(self._generator.number, now):
            return changed
        self.insists = now < self._silence_ends
        self._span(self._stage.reachable(now))
        self._first = None
        self._ear.answered()
        return True

    def _span(self, tick: int) -> None:
        """Begin at a tick or after it, as the knobs say, and end on a beat, or on the bar line that is nearest."""
        knobs, bars = self._generator.knobs, self._stage.bars
        self.begin = entry(tick, knobs, bars)
        over = self.begin + knobs.bars * bars.length
        start = bars.start_of(over)
        nearest = start if 2 * (over - start) < bars.length else bars.next_bar(over)
        self.end = nearest if knobs.closing else bars.next_beat(over)

    def due(self, now: float) -> float:
        """Return when it begins or is over, or when there is a pause; infinity for never."""
        timeline = self._stage.timeline
        if self:
            return timeline.time_of_tick(self.end)
        if not self._waits:
            paused = self._ear.paused_from(timeline)
            return paused if paused > now else math.inf
        return max(self._comes, self._stage.turns.free_from(self._generator.number))

    @property
    def until(self) -> float:
        """Return when it is over, in seconds; minus infinity where there is none, or nobody hears it."""
        heard = self and not self._generator.knobs.mute
        return self._stage.timeline.time_of_tick(self.end) if heard else -math.inf

    @property
    def solo(self) -> bool:
        """Return whether the voice waits for nobody; see `turns.Taking`."""
        knobs = self._generator.knobs
        return knobs.mode == "solo" and not knobs.mute

    def waits(self, now: float) -> int | None:
        """Return since which tick an answer is waited for whose time has come; see `turns.Taking`."""
        comes = self._waits and not self and not self._generator.knobs.mute and now >= self._comes
        return self._ear.since if comes else None

    @property
    def _comes(self) -> float:
        """Return when an answer that is waited for is to come, whoever plays, in seconds."""
        tick, silence = self._patience_ends, self._silence_ends
        return silence if tick is None else min(silence, self._stage.timeline.time_of_tick(tick))

    @property
    def _waits(self) -> bool:
        return self._generator.knobs.mode == "respond" and self._ear.heard

    @property
    def _silence_ends(self) -> float:
        """Return when silence has lasted long enough, in seconds."""
        return self._ear.silent_from(self._stage.timeline) + self._generator.knobs.silence

    @property
    def _patience_ends(self) -> int | None:
        """Return the bar line at which a player who never falls silent is answered; None for never."""
        patience, since = self._generator.knobs.patience, self._ear.since
        if not patience or since is None:
            return None
        bars = self._stage.bars
        return bars.next_bar(since + patience * bars.length)
