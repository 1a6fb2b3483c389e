"""The thread that waits for the disk: it writes down what voices know, and finds what was kept of them."""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from live.engine.memento import NAME, Memento, Stored
from live.engine.reports import kept_for
from live.engine.routing import Listening
from live.engine.shelf import Shelf
from live.ipc.config import MemoryOptions
from live.ipc.news import Clock, FromEngine, Kept, Remembers, Trouble
from live.machine import realtime
from models.contract.border import border, said
from models.contract.errors import ExtempoError

PATIENCE: Final = 1.0
"""Seconds that the disk has at the end."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a voice knew, after how many lines of the journal, where the clock was, and whom it heard."""

    memento: Memento
    lines: int
    clock: Clock
    listening: Listening


@dataclass(frozen=True, slots=True)
class Batch:
    """What all voices know at one moment. ends: the run is over, and only their slots are kept."""

    voices: Mapping[int, Known]
    clock: Clock
    lines: int
    ends: bool = False
    whole: bool = True
    """Whether it holds every voice."""


@dataclass(frozen=True, slots=True)
class Left:
    """A voice has left an artifact: this is what it knew last, or when it was last told to save."""

    voice: int
    known: Known


@dataclass(frozen=True, slots=True)
class Look:
    """A voice plays an artifact now: look for what is kept of it.

    plays: what it knows of it. read: see `Voice.reader`. begins: it has played no other in this run.
    """

    voice: int
    plays: Memento
    read: Callable[[Memento, bool], Any]
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a voice that plays an artifact; slots: none where nothing is kept or readable."""

    voice: int
    digest: str
    slots: tuple[str, ...] = ()
    kept: Any = None
    """For `Voice.restore`."""


class Storing:
    """Never holds up who asks. answers: what was found, and what is to be told.

    Threads: `write`, `leave`, `look` and `close` are the engine's; `search` and `put_beside` are too until `start`, and
    its own thread's then.
    """

    def __init__(self, options: MemoryOptions) -> None:
        self.answers: SimpleQueue[Found | FromEngine] = SimpleQueue()
        self.shelf = Shelf(options)
        self._options = options
        self._asked: SimpleQueue[Look | Left | None] = SimpleQueue()
        """In turn; None is to write the latest."""
        self._latest: deque[Batch] = deque(maxlen=1)
        self._failing = False
        self._empty: set[tuple[int, str]] = set()
        """What was written without slots, by voice and artifact: it serves this run only."""
        self._thread = Thread(target=self._work, name="memory", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def write(self, batch: Batch) -> None:
        """Write down what the voices know; of what waits only the latest counts."""
        self._latest.append(batch)
        self._asked.put(None)

    def leave(self, left: Left) -> None:
        """Write down what a voice knew, which nothing later replaces."""
        self._asked.put(left)

    def look(self, asked: Look) -> None:
        """Find what is kept of a voice; it is among `answers`."""
        self._asked.put(asked)

    def close(self) -> None:
        """Wait until the last batch, which ends the run, is written, or for `PATIENCE`."""
        self._thread.join(PATIENCE)

    def stored(self, number: int, known: Known, slots_only: bool = False) -> Stored:
        """Return what is written of a voice. It takes milliseconds."""
        memento = known.memento
        return Stored(
            voice=number,
            kind=memento.kind,
            name=memento.name[:NAME],
            path=memento.path,
            digest=memento.digest,
            slots=memento.slots,
            clock=known.clock,
            run=self._options.run,
            lines=known.lines,
            content=memento.pack(slots_only),
            hears=known.listening,
        )

    def search(self, asked: Look) -> None:
        """Find what is kept of a voice, and read it."""
        number, digest, stored, kept = asked.voice, asked.plays.digest, None, None
        try:
            with border(lambda why: ExtempoError(f"The slots of last time are not read ({why}).")):
                found = self.shelf.find(number, digest)
                if found is not None and found.slots:
                    kept = asked.read(found.memento, False)
                    stored = found
        except ExtempoError as error:
            aside = self.shelf.put_aside(number, digest)
            where = f" It lies aside as {aside}." if aside else ""
            self.answers.put(Trouble(code="memory", text=f"{error}{where}"))
        if stored is not None:
            self.put_beside(stored)
        elif asked.begins:
            self._tell_of_another(number, asked.plays)
        self.answers.put(Found(number, digest, stored.slots if stored else (), kept))

    def put_beside(self, stored: Stored) -> None:
        """Put what a journal goes on from beside it; where the disk does not take it, that is told."""
        try:
            self.shelf.put_beside(stored)
        except OSError as error:
            text = (
                f"What the journal goes on from cannot be kept in {self._options.takes} ({said(error)}): the music "
                "goes on, and replay will not find it."
            )
            self.answers.put(Trouble(code="memory", text=text))

    def _fail(self, error: Exception) -> None:
        """Tell that the disk does not take what voices know; once, until it does again."""
        if self._failing:
            return
        self._failing = True
        where = self._options.folder
        text = (
            f"What the voices know cannot be kept in {where} ({said(error)}): the music goes on, "
            "and slots last as long as it."
        )
        self.answers.put(Trouble(code="memory", text=text))

    def _work(self) -> None:
        realtime.stand_back()
        while True:
            asked = self._asked.get()
            if isinstance(asked, Look):
                self.search(asked)
            elif asked is not None:
                self._keep(asked.voice, asked.known)
            elif self._latest and not (self._latest[0].ends and not self._asked.empty()):
                # The end comes after all that was asked for before.
                batch = self._latest.popleft()
                self._write(batch)
                if batch.ends:
                    return

    def _tell_of_another(self, number: int, plays: Memento) -> None:
        """Tell what is kept of a voice that begins with another artifact than the one that it ended with."""
        with suppress(ExtempoError, OSError):
            before = self.shelf.last_of_another(number, plays.digest)
            if before is not None and before.slots:
                text = kept_for(number, before.memento, plays.name)
                self.answers.put(Remembers(voice=number, text=text))

    def _write(self, batch: Batch) -> None:
        # Where one voice cannot be kept the others are.
        kept = [
            self._keep(number, known, batch.ends)
            for number, known in batch.voices.items()
            if known.memento.slots or not batch.ends
        ]
        while batch.ends and self._empty:
            with suppress(OSError):
                self.shelf.remove(*self._empty.pop())
        if all(kept):
            self._failing = False
            if batch.whole:
                self.answers.put(Kept(lines=batch.lines, clock=batch.clock))

    def _keep(self, number: int, known: Known, slots_only: bool = False) -> bool:
        """Write down what a voice knew; return whether the disk took it. The thread outlives whatever goes wrong."""
        try:
            with border(ExtempoError):
                self.shelf.write(self.stored(number, known, slots_only))
        except ExtempoError as error:
            self._fail(error)
            return False
        empty = self._empty.discard if known.memento.slots else self._empty.add
        empty((number, known.memento.digest))
        return True
