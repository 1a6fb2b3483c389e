"""Writes down what the voices know, at every bar and every save, off the loop; and finds it again."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Final

from live.engine import reviving
from live.engine.memento import Memento, Stored
from live.engine.notes.operations import Operation
from live.engine.reports import kept_for, there_again
from live.engine.reviving import Overheard
from live.engine.routing import Routing
from live.engine.shelf import Shelf
from live.engine.stage import Stage
from live.engine.voice import Voice
from live.ipc.config import MemoryOptions, Tail
from live.ipc.news import Clock, FromEngine, Kept, Ready, Remembers, Saved, Trouble
from live.machine import realtime
from models.contract.border import border
from models.contract.errors import ExtempoError

PATIENCE: Final = 1.0
"""Seconds that the disk has at the end."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What all voices know at one moment. ends: the run is over, and only their slots are kept."""

    mementos: Mapping[int, Memento]
    clock: Clock
    lines: int
    ends: bool = False
    whole: bool = True
    """Whether it holds every voice."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A voice plays an artifact now: look for what is kept of it. begins: it has played no other in this run."""

    voice: int
    digest: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found for a voice; None where nothing is kept or readable."""

    voice: int
    stored: Stored | None


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
        self._shelf = Shelf(options)
        self._bar: int | None = None
        """The bar in which it was last written down."""
        self._wanted = False
        self._known: dict[int, Memento] = {}
        """What each voice knew when that was last asked."""
        self._loaded: set[int] = set()
        """Voices that play something since then."""
        self._looking: set[int] = set()
        """Voices whose kept mementos are still being looked up: they must not be overwritten meanwhile."""
        self._asked: SimpleQueue[_Look | None] = SimpleQueue()
        """What the thread should look up; None tells it to write the latest."""
        self._latest: deque[_Batch] = deque(maxlen=1)
        self._answers: SimpleQueue[_Found | FromEngine] = SimpleQueue()
        self._failing = False
        self._empty: set[tuple[int, str]] = set()
        """What was written without slots, by voice and artifact: it serves this run only."""
        self._writer = Thread(target=self._work, name="memory", daemon=True)

    def heed(self, message: FromEngine) -> None:
        """Take what the engine tells control: a save, for one, is written down at once."""
        match message:
            case Saved():
                self._wanted = True
            case Ready(voice=voice):
                self._loaded.add(voice)

    def begin(self, now: float) -> None:
        """Give the voices their slots of last time, or all that a dead engine knew. Waits for the disk."""
        self._loaded.clear()
        tail = self._options.tail
        if tail is not None:
            self._revive(tail, now)
        for number, voice in self._voices.items():
            memento = voice.memento()
            if memento is not None:
                self._known[number] = memento
            if memento is not None and tail is None:
                self._look_for(_Look(number, memento.digest, begins=True))
        self._take_answers(now)
        self._writer.start()

    def _revive(self, tail: Tail, now: float) -> None:
        """Go on where an engine that died was."""
        self._go_on(reviving.clock(tail), now)
        for number, voice in self._voices.items():
            if voice.memento() is None:
                text = f"Voice {number} begins afresh: of what it plays nothing is kept."
                self._tell(Remembers(voice=number, text=text))
                continue
            try:
                with border(lambda said: ExtempoError(f"It cannot go on where it was ({said}).")):
                    self._revive_voice(number, voice, tail, now)
            except ExtempoError as error:
                text = f"Voice {number} begins afresh. {error}"
                self._tell(Trouble(code="memory", text=text))

    def _revive_voice(self, number: int, voice: Voice, tail: Tail, now: float) -> None:
        stored = self._shelf.last_of_run(number)
        if stored is None:
            raise ExtempoError("Nothing was kept of it yet.")
        try:
            lived = voice.relive(stored.memento, self._since(tail, stored), now)
        except ExtempoError as error:
            self._tell(Trouble(code="memory", text=f"{error} It goes on from the last bar line."))
            lived = voice.relive(stored.memento, (), now)
        kept = self._stored(number, lived, _Batch({}, stored.clock, 0))
        try:
            self._shelf.put_beside(kept)
        except OSError as error:
            self._fail(error)
        voice.restore(kept.memento, now, whole=True)
        found = self._shelf.find(number, lived.digest)
        if found is not None and not set(found.slots) <= set(lived.slots):
            # They were about to be given to it.
            self._shelf.put_beside(found)
            voice.restore(found.memento, now, whole=False)

    def _since(self, tail: Tail, stored: Stored) -> list[Operation | Overheard]:
        routing = Routing()
        for number, voice in self._voices.items():
            routing.set(number, voice.listening)
        return reviving.since(tail, stored.voice, stored.lines, routing)

    def turn(self, now: float) -> None:
        """Hand over what the voices know, where another bar has begun or something was saved."""
        if self._loaded:
            self._take_loaded()
        if not self._answers.empty():
            self._take_answers(now)
        stage = self._stage
        bar = stage.bars.number(stage.timeline.tick_at(now))[0]
        if self._wanted or bar != self._bar:
            self._bar, self._wanted = bar, False
            self._hand_over(now)

    def close(self, now: float) -> None:
        """Keep the slots for next time; what else is kept serves this run only."""
        self._hand_over(now, ends=True)
        self._writer.join(PATIENCE)

    def _hand_over(self, now: float, ends: bool = False) -> None:
        stage = self._stage
        # What is written down already is in what the voices know.
        stage.flush()
        for number, voice in self._voices.items():
            memento = voice.memento()
            if memento is not None and number not in self._looking:
                self._known[number] = memento
        mementos = {n: one for n, one in self._known.items() if n not in self._looking}
        segment, bars = stage.timeline.last, stage.bars
        beats, unit = bars.metre
        clock = Clock(segment.beat, segment.at, segment.tempo, beats, unit, bars.tick, bars.bar)
        self._latest.append(_Batch(mementos, clock, stage.lines, ends, not self._looking))
        self._asked.put(None)

    def _take_loaded(self) -> None:
        """Look up what is kept for artifacts that play now, and report what is kept for earlier ones."""
        for number in self._loaded:
            memento = self._voices[number].memento()
            if memento is None:
                continue
            before = self._known.get(number)
            if before is not None and before.slots and before.digest != memento.digest:
                self._tell(Remembers(voice=number, text=kept_for(number, before)))
            self._looking.add(number)
            self._asked.put(_Look(number, memento.digest))
        self._loaded.clear()

    def _take_answers(self, now: float) -> None:
        while not self._answers.empty():
            answer = self._answers.get()
            if isinstance(answer, _Found):
                self._looking.discard(answer.voice)
                self._wanted = True
                if answer.stored is not None:
                    self._give(answer.voice, answer.stored, now)
            else:
                self._tell(answer)

    def _give(self, number: int, stored: Stored, now: float) -> None:
        """Give a voice the slots that were kept for it."""
        try:
            self._voices[number].restore(stored.memento, now, whole=False)
        except ExtempoError as error:
            self._tell(Trouble(code="memory", text=str(error)))
            return
        self._tell(Remembers(voice=number, text=there_again(number, stored.slots)))

    # On the thread that writes:

    def _work(self) -> None:
        realtime.stand_back()
        while True:
            asked = self._asked.get()
            if asked is not None:
                self._look_for(asked)
            elif self._latest:
                batch = self._latest.popleft()
                self._write(batch)
                if batch.ends:
                    return

    def _look_for(self, asked: _Look) -> None:
        number, digest, stored = asked.voice, asked.digest, None
        try:
            with border(
                lambda said: ExtempoError(f"The slots of last time are not read ({said}).")
            ):
                found = self._shelf.find(number, digest)
                if found is not None and found.slots:
                    stored = found
        except ExtempoError as error:
            self._answers.put(Trouble(code="memory", text=str(error)))
        if stored is not None:
            try:
                self._shelf.put_beside(stored)
            except OSError as error:
                self._fail(error)
        elif asked.begins:
            # It begins with another artifact than the one that it ended with.
            before = self._shelf.last_of_another(number, digest)
            if before is not None and before.slots:
                text = kept_for(number, before.memento)
                self._answers.put(Remembers(voice=number, text=text))
        self._answers.put(_Found(number, stored))

    def _write(self, batch: _Batch) -> None:
        try:
            for number, memento in batch.mementos.items():
                if memento.slots or not batch.ends:
                    self._shelf.write(self._stored(number, memento, batch))
                    empty = self._empty.discard if memento.slots else self._empty.add
                    empty((number, memento.digest))
            while batch.ends and self._empty:
                self._shelf.remove(*self._empty.pop())
        except OSError as error:
            self._fail(error)
        else:
            self._failing = False
            if batch.whole:
                self._answers.put(Kept(lines=batch.lines, clock=batch.clock))

    def _stored(self, number: int, memento: Memento, batch: _Batch) -> Stored:
        return Stored(
            voice=number,
            kind=memento.kind,
            name=memento.name,
            path=memento.path,
            digest=memento.digest,
            slots=memento.slots,
            clock=batch.clock,
            run=self._options.run,
            lines=batch.lines,
            content=memento.pack(batch.ends),
        )

    def _fail(self, error: OSError) -> None:
        if self._failing:
            return
        self._failing = True
        where = self._options.folder
        text = (
            f"What the voices know cannot be kept in {where} ({error.strerror}): the music goes on, "
            "and slots last as long as it."
        )
        self._answers.put(Trouble(code="memory", text=text))
