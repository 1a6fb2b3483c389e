"""What is kept of a run: the journal while it plays, and the take as a MIDI file at its end."""

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from live import journal, pulse
from live.journal import Journal
from models.contract.errors import ExtempoError

_WAITING: Final = 200_000
"""Lines that may wait for a disk that hangs, about an hour's; later ones are lost."""
_LOOK: Final = 0.5
"""Seconds after which the disk is tried again."""
_PATIENCE: Final = 5.0
"""Seconds that the disk has at the end."""


@dataclass(frozen=True, slots=True)
class _Begin:
    """A journal of its own begins here."""

    path: Path


class Recorder:
    """Keeps one run in a folder, under the time when it began, on a thread that may wait for disks.

    trouble: told one sentence, on any thread, when something cannot be kept; nothing here raises
    for that. Threads: control's main.
    """

    def __init__(self, folder: Path, begun: datetime, trouble: Callable[[str], None]) -> None:
        self._folder = folder
        self._begun = begun
        self._trouble = trouble
        self._kept: list[Path] = []
        self._queue: queue.Queue[str | _Begin | None] = queue.Queue(_WAITING)
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._early: list[str] | None = []
        """Lines that came before it was known that this is a performance."""
        self._book: Journal | None = None
        self.whole = True
        """Whether everything was kept, as far as is known; after `close` it is known."""
        self._missed = 0
        """Lines that found no room since the last that did."""

    def begin(self) -> Path:
        """This is a performance: write it down from now on; return where."""
        lines, self._early = self._early or [], None
        path = self.begin_again()
        self._writer.start()
        for line in lines:
            self.entry(line)
        return path

    def begin_again(self) -> Path:
        """Another engine plays: its lines are a journal of their own; return where."""
        path = journal.take_path(self._folder, self._begun, self._kept)
        self._kept.append(path)
        self._queue.put(_Begin(path))
        return path

    def entry(self, line: str) -> None:
        """The engine did something. Never waits."""
        if self._early is not None:
            self._early.append(line)
            return
        try:
            if self._missed:
                self._queue.put_nowait(journal.hole(self._missed))
                self._missed = 0
            self._queue.put_nowait(line)
        except queue.Full:
            self._missed += 1
            self.whole = False

    def close(self, take: bool) -> list[str]:
        """End the journal, leave the take as a MIDI file if asked; return what to say of both."""
        if self._writer.is_alive():
            self._queue.put(None)
            self._writer.join(_PATIENCE)
            if self._writer.is_alive():
                self.whole = False
                self._trouble(f"The disk of {self._folder} hangs: the end of the take is lost.")
        kept = [path for path in self._kept if os.path.exists(path) and path.stat().st_size]
        self.whole &= len(kept) == len(self._kept)
        said = [self._take(path) for path in kept if take]
        said += [f"Its journal is {short(path)}; `extempo replay` plays it again." for path in kept]
        return [line for line in said if line]

    def _write(self) -> None:
        pulse.again("the recorder", self._keep, self._trouble)
        pulse.end("the recorder")

    def _keep(self) -> None:
        """Write down what comes, on the journal's thread, until the end."""
        beat = pulse.begin("the recorder", vital=False)
        while True:
            beat()
            for item in self._came():
                if isinstance(item, str):
                    assert self._book is not None
                    self._book.add(item)
                    continue
                if self._book is not None and not self._book.close():
                    self.whole = False
                    self._trouble(f"Not all of the take could be written to {self._book.path}.")
                if item is None:
                    return
                self._book = Journal(item.path, journal.header(self._begun), self._trouble)
            if self._book is not None:
                self._book.flush()

    def _came(self) -> list[str | _Begin | None]:
        found: list[str | _Begin | None] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._queue.get(timeout=_LOOK))
            while True:
                found.append(self._queue.get_nowait())
        return found

    def _take(self, path: Path) -> str:
        # Not needed before the end, and slow to import.
        from live import replay, take

        try:
            played = replay.read(path)
            if not replay.notes(played):
                return ""
            count = take.write(path.with_suffix(".mid"), played)
        except ExtempoError as error:
            self.whole = False
            self._trouble(str(error))
            return ""
        return f"The take is {short(path.with_suffix('.mid'))} ({count} notes)."


def short(path: Path) -> str:
    """Return a path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
