"""What is kept of a run: the journal while it plays, and the take as a MIDI file at its end."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from live import journal
from live.journal import Journal
from live.take import Heard, TakeError, write
from live.wire import Beat, Sent


class Recorder:
    """Keeps one run in a folder, under the time when it began. Threads: control's main thread.

    trouble: told one sentence when something cannot be kept; nothing here raises for the disk's sake.
    """

    def __init__(self, folder: Path, begun: datetime, trouble: Callable[[str], None]) -> None:
        self._folder = folder
        self._begun = begun
        self._trouble = trouble
        self._journal: Journal | None = None
        self._waiting: list[str] | None = []
        """Lines that came before it was known that this is a performance."""
        self._heard = Heard()

    @property
    def journal(self) -> Path | None:
        """Where the journal is; None before its first line."""
        return self._journal.path if self._journal else None

    def begin(self) -> None:
        """This is a performance: from now on it is written down."""
        lines, self._waiting = self._waiting or [], None
        for line in lines:
            self.entry(line)

    def entry(self, line: str) -> None:
        """The engine did something."""
        if self._waiting is not None:
            self._waiting.append(line)
            return
        if self._journal is None:
            path = journal.take_path(self._folder, self._begun, ".jsonl")
            self._journal = Journal(path, journal.header(self._begun), self._trouble)
        self._journal.add(line)

    def note(self, note: Sent) -> None:
        """A note went out."""
        self._heard.note(note.at, note.seconds, note.pitch, note.velocity, note.channel)

    def beat(self, beat: Beat) -> None:
        """A beat began."""
        self._heard.beat(beat.at, beat.tempo)

    def flush(self) -> None:
        """Write what waits."""
        if self._journal is not None:
            self._journal.flush()

    def end_journal(self) -> None:
        """The engine has ended: another one's lines go into a journal of their own."""
        if self._journal is not None and not self._journal.close():
            self._trouble(f"Not all of the take could be written to {self._journal.path}.")
        self._journal = None

    def close(self, take: bool, metre: int) -> list[str]:
        """End the journal and, if asked, leave the take as a MIDI file; return what to tell of it."""
        kept = self.journal
        self.end_journal()
        said = []
        if take and len(self._heard):
            path = journal.take_path(self._folder, self._begun, ".mid")
            try:
                write(path, self._heard.notes(), self._heard.tempos(), metre)
                said.append(f"The take is {short(path)} ({len(self._heard)} notes).")
            except TakeError as error:
                self._trouble(str(error))
        if kept is not None and kept.exists():
            said.append(f"Its journal is {short(kept)}; `extempo replay` plays it again.")
        return said


def short(path: Path) -> str:
    """Return a path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
