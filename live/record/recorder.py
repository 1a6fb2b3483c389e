"""What is kept of a run: the journal while it plays, and the take as a MIDI file at its end."""

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from live.ipc import pulse
from live.ipc.news import Hole
from live.record import journal
from live.record.journal import JournalWriter
from models.contract.errors import ExtempoError

_WAITING: Final = 200_000
"""Lines that may wait for a disk that hangs, about an hour's; later ones are lost."""
_LOOK: Final = 0.5
"""Seconds after which the disk is tried again."""
_CLOCK: Final = '{"beat"'
"""How a line begins that is a piece of the clock."""
_PATIENCE: Final = 5.0
"""Seconds that the disk has at the end."""


@dataclass(frozen=True, slots=True)
class _Begin:
    """A journal of its own begins here.

    path: where, if that is known already.
    """

    path: Path | None = None


class Recorder:
    """Keeps one run in a folder, under the time when it began, on a thread that may wait for disks.

    trouble: told one sentence, on any thread, when something cannot be kept; nothing here raises
    for that. Threads: control's main.
    """

    def __init__(self, folder: Path, begun: datetime, trouble: Callable[[str], None]) -> None:
        self._folder = folder
        self._begun = begun
        self._trouble = trouble
        self._queue: queue.SimpleQueue[str | _Begin | None] = queue.SimpleQueue()
        """Lines find room in it or are lost; what begins and ends a journal always does."""
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._early: list[str] | None = []
        """Lines that came before it was known that this is a performance."""
        self._taken: deque[str | _Begin | None] = deque()
        """What the journal's thread has taken and not done yet."""
        self._books: list[JournalWriter] = []
        """Of each engine its own; the last is being written."""
        self._played: set[JournalWriter] = set()
        """Journals of more than the clock; an engine that dies as it starts leaves one of no more."""
        self.whole = True
        """Whether everything was kept, as far as is known; after `close` it is known."""
        self._missed = 0
        """Lines that found no room since the last that did."""

    def begin(self) -> Path:
        """This is a performance: write it down from now on; return where. Waits for the disk."""
        lines, self._early = self._early or [], None
        path = journal.take_path(self._folder, self._begun)
        self._hand(_Begin(path))
        self._writer.start()
        for line in lines:
            self.entry(line)
        return path

    def begin_again(self) -> None:
        """Another engine plays: its lines are a journal of their own. Never waits."""
        self._hand(_Begin())

    def entry(self, line: str) -> None:
        """The engine did something. Never waits."""
        if self._early is not None:
            self._early.append(line)
            return
        if self._queue.qsize() < _WAITING:
            self._hand(line)
        else:
            self._missed += 1
            self.whole = False

    def close(self, take: bool) -> list[str]:
        """End the journal, leave the take as a MIDI file if asked; return what to say of both.

        Waits for some seconds, and for a disk that hangs no longer: then there is no take.
        """
        if self._writer.is_alive():
            self._hand(None)
            self._writer.join(_PATIENCE)
        paths = [book.path for book in self._books]
        if self._writer.is_alive():
            self.whole = False
            self._trouble(f"The disk of {self._folder} hangs: the end of the take is lost.")
            # Whether they are there only the disk could tell.
            return [_said(path) for path in paths]
        kept = [path for path in paths if os.path.exists(path) and path.stat().st_size]
        if len(kept) < len(paths):
            self.whole = False
        told = {book.path for book in self._played}
        played = [path for path in kept if path in told]
        said = [self._take(path) for path in played if take]
        return [line for line in (*said, *map(_said, played)) if line]

    def _hand(self, item: str | _Begin | None) -> None:
        """Hand something to the journal's thread, behind what says how many lines are lost before it."""
        if self._missed:
            self._queue.put(str(Hole(self._missed)))
            self._missed = 0
        self._queue.put(item)

    def _write(self) -> None:
        pulse.again("the recorder", self._keep, self._trouble)
        pulse.end("the recorder")

    def _keep(self) -> None:
        """Write down what comes, on the journal's thread, until the end."""
        beat = pulse.begin("the recorder", vital=False)
        while True:
            beat()
            self._come()
            while self._taken:
                # Where one fails it is still there, for this is run again.
                if self._over(self._taken[0]):
                    return
                self._taken.popleft()
            if self._books:
                self._books[-1].flush()

    def _over(self, item: str | _Begin | None) -> bool:
        """Do what was taken first; return whether that was the end."""
        if isinstance(item, str):
            self._note(item)
            return False
        if self._books and not self._books[-1].close():
            self.whole = False
            self._trouble(f"Not all of the take could be written to {self._books[-1].path}.")
        if item is None:
            return True
        taken = [book.path for book in self._books]
        path = item.path or journal.take_path(self._folder, self._begun, taken)
        self._books.append(JournalWriter(path, journal.header(self._begun), self._trouble))
        return False

    def _note(self, line: str) -> None:
        try:
            self._books[-1].add(line)
            if not line.startswith(_CLOCK):
                self._played.add(self._books[-1])
        except Exception:
            # It would fail again: what comes after it shall not wait for that.
            self.whole = False
            self._taken[0] = str(Hole(1))
            raise

    def _come(self) -> None:
        """Take what has come; wait a little where nothing has."""
        with contextlib.suppress(queue.Empty):
            self._taken.append(self._queue.get(timeout=_LOOK))
            while True:
                self._taken.append(self._queue.get_nowait())

    def _take(self, path: Path) -> str:
        # Brings mido and the engine along, which control does not need before the end.
        from live.record import heard, replay, take

        try:
            played = replay.read(path)
            if not heard.notes_heard(played):
                return ""
            count = take.write(path.with_suffix(".mid"), played)
        except ExtempoError as error:
            self.whole = False
            self._trouble(str(error))
            return ""
        return f"The take is {short(path.with_suffix('.mid'))} ({count} notes)."


def _said(path: Path) -> str:
    return f"Its journal is {short(path)}; `extempo replay` plays it again."


def short(path: Path) -> str:
    """Return a path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
