"""Writes down what the voices know, at every bar and every save, off the loop; and finds it again."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from live.engine import reviving
from live.engine.memento import Memento, Stored
from live.engine.reports import kept_for, not_kept, there_again
from live.engine.reviving import Done
from live.engine.routing import Listening
from live.engine.stage import Stage
from live.engine.storing import Batch, Found, Known, Left, Look, Storing
from live.engine.voice import Voice
from live.ipc.config import MemoryOptions, Tail
from live.ipc.news import Clock, FromEngine, Ready, Remembers, Saved, Trouble
from models.contract.border import border
from models.contract.errors import ExtempoError


class Keeper:
    """Hands references to a thread that writes; states are values, so nothing is copied on the loop.

    Threads: the engine's; nothing here waits but `begin` and `close`.
    """

    def __init__(
        self,
        stage: Stage,
        voices: Mapping[int, Voice],
        options: MemoryOptions,
        tell: Callable[[FromEngine], None],
        go_on: Callable[[Clock, float], None],
    ) -> None:
        self._go_on = go_on
        self._stage, self._voices, self._options, self._tell = stage, voices, options, tell
        self._storing = Storing(options)
        self._bar: int | None = None
        """The bar in which it was last written down."""
        self._wanted = False
        self._known: dict[int, Known] = {}
        """What each voice knew when that was last asked."""
        self._loaded: set[int] = set()
        """Voices that have begun to play something since then."""
        self._looking: set[int] = set()
        """Voices of which is being found what is kept: it must not be written over meanwhile."""

    def heed(self, message: FromEngine) -> None:
        """Take what the engine tells control: a save, for one, is written down at once."""
        match message:
            case Saved(voice=voice):
                self._wanted = True
                # At once: another artifact may take over in this very turn.
                self._ask(voice)
            case Ready(voice=voice):
                self._loaded.add(voice)

    def begin(self, now: float) -> None:
        """Give the voices their slots of last time, or all that a dead engine knew. Waits for the disk."""
        self._loaded.clear()
        tail = self._options.tail
        if tail is not None:
            self._revive(tail, now)
        for number, voice in self._voices.items():
            known = self._ask(number)
            if known is not None and tail is None:
                self._storing.search(Look(number, known.memento, voice.reader(), begins=True))
        self._take_answers(now)
        self._storing.start()

    def _revive(self, tail: Tail, now: float) -> None:
        """Go on where an engine that died was."""
        self._go_on(reviving.clock(tail), now)
        for number, voice in self._voices.items():
            if voice.memento() is None:
                text = f"Voice {number} begins afresh: nothing is kept of what it knew."
                self._tell(Remembers(voice=number, text=text))
                continue
            try:
                with border(lambda said: ExtempoError(f"It cannot go on where it was ({said}).")):
                    self._revive_voice(number, voice, tail, now)
            except ExtempoError as error:
                text = f"Voice {number} begins afresh. {error}"
                self._tell(Trouble(code="memory", text=text))

    def _revive_voice(self, number: int, voice: Voice, tail: Tail, now: float) -> None:
        storing = self._storing
        stored = storing.shelf.last_of_run(number)
        if stored is None:
            raise ExtempoError("Nothing was kept of it yet.")
        try:
            lived = voice.relive(stored.memento, self._since(tail, stored), now)
        except ExtempoError as error:
            self._tell(Trouble(code="memory", text=f"{error} It goes on from the last bar line."))
            lived = voice.relive(stored.memento, (), now)
        kept = storing.stored(number, Known(lived, 0, stored.clock, voice.listening))
        storing.put_beside(kept)
        voice.restore(voice.reader()(kept.memento, True), now)
        found = storing.shelf.find(number, lived.digest)
        if found is not None and not set(found.slots) <= set(lived.slots):
            # They were about to be given to it.
            storing.put_beside(found)
            voice.restore(voice.reader()(found.memento, False), now)

    def _since(self, tail: Tail, stored: Stored) -> list[Done]:
        heard = {number: self._heard(number) for number in self._voices}
        return reviving.since(tail, stored.voice, stored, heard)

    def _heard(self, number: int) -> tuple[int, Listening]:
        """Return whom a voice heard after how many lines; where nothing is kept of it, as it stands."""
        with suppress(ExtempoError, OSError):
            stored = self._storing.shelf.last_of_run(number)
            if stored is not None and stored.hears is not None:
                return stored.lines, stored.hears
        return sys.maxsize, self._voices[number].listening

    def turn(self, now: float) -> None:
        """Hand over what the voices know, where another bar has begun or something was saved."""
        if self._loaded:
            self._take_loaded()
        if not self._storing.answers.empty():
            self._take_answers(now)
        stage = self._stage
        bar = stage.bars.number(stage.timeline.tick_at(now))[0]
        if self._wanted or bar != self._bar:
            self._bar, self._wanted = bar, False
            self._hand_over()

    def close(self, now: float) -> None:
        """Keep the slots for next time; what else is kept serves this run only."""
        self._hand_over(ends=True)
        self._storing.close()

    def _hand_over(self, ends: bool = False) -> None:
        for number in self._voices:
            if number not in self._looking:
                self._ask(number)
        known = {n: one for n, one in self._known.items() if n not in self._looking}
        lines, whole = self._stage.lines, not self._looking
        self._storing.write(Batch(known, self._clock(), lines, ends, whole))

    def _ask(self, number: int) -> Known | None:
        """Ask a voice what it knows; None where that cannot be written down."""
        # What is written down already is in what it knows.
        self._stage.flush()
        voice = self._voices[number]
        memento = voice.memento()
        if memento is None:
            return None
        self._known[number] = Known(memento, self._stage.lines, self._clock(), voice.listening)
        return self._known[number]

    def _clock(self) -> Clock:
        segment, bars = self._stage.timeline.last, self._stage.bars
        beats, unit = bars.metre
        return Clock(segment.beat, segment.at, segment.tempo, beats, unit, bars.tick, bars.bar)

    def _take_loaded(self) -> None:
        """Look up what is kept for artifacts that play now, and report what is kept for earlier ones."""
        for number in self._loaded:
            voice, before = self._voices[number], self._known.get(number)
            memento = voice.memento()
            if memento is None:
                continue
            if before is not None and before.memento.slots:
                self._leave(number, before, memento)
            self._ask(number)
            self._looking.add(number)
            self._storing.look(Look(number, memento, voice.reader()))
        self._loaded.clear()

    def _leave(self, number: int, before: Known, now: Memento) -> None:
        """Keep the slots of the artifact that a voice played before. now: of what it plays now."""
        if number in self._looking:
            # What is kept of it was not given to it yet, and would be written over.
            text = not_kept(number, before.memento)
            self._tell(Trouble(code="memory", text=text))
            return
        self._storing.leave(Left(number, before))
        if before.memento.digest != now.digest:
            self._tell(Remembers(voice=number, text=kept_for(number, before.memento, now.name)))

    def _take_answers(self, now: float) -> None:
        answers = self._storing.answers
        while not answers.empty():
            answer = answers.get()
            if isinstance(answer, Found):
                self._take_found(answer, now)
            else:
                self._tell(answer)

    def _take_found(self, found: Found, now: float) -> None:
        """Give a voice the slots that were kept for it, if it still plays what they are of."""
        number = found.voice
        memento = self._voices[number].memento()
        if memento is None or memento.digest != found.digest:
            # It is being looked for what is kept of another meanwhile.
            return
        self._looking.discard(number)
        self._wanted = True
        if found.slots:
            self._voices[number].restore(found.kept, now)
            self._tell(Remembers(voice=number, text=there_again(number, found.slots)))
