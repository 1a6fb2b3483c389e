"""What is kept of a run: the journal while it plays, and the take as a MIDI file at its end."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from live import journal
from live.journal import Journal
from models.contract.errors import ExtempoError


class Recorder:
    """Keeps one run in a folder, under the time when it began. Threads: control's main.

    trouble: told one sentence when something cannot be kept; nothing here raises for that.
    """

    def __init__(self, folder: Path, begun: datetime, trouble: Callable[[str], None]) -> None:
        self._folder = folder
        self._begun = begun
        self._trouble = trouble
        self._journal: Journal | None = None
        self._kept: list[Path] = []
        self._waiting: list[str] | None = []
        """Lines that came before it was known that this is a performance."""

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
            self._kept.append(path)
        self._journal.add(line)

    def flush(self) -> None:
        """Write what waits."""
        if self._journal is not None:
            self._journal.flush()

    def end_journal(self) -> None:
        """The engine has ended: another one's lines go into a journal of their own."""
        if self._journal is not None and not self._journal.close():
            self._trouble(f"Not all of the take could be written to {self._journal.path}.")
        self._journal = None

    def close(self, take: bool) -> list[str]:
        """End the journal, leave the take as a MIDI file if asked; return what to say of both."""
        self.end_journal()
        said = [self._take(path) for path in self._kept if take and path.exists()]
        said += [
            f"Its journal is {short(path)}; `extempo replay` plays it again."
            for path in self._kept
            if path.exists()
        ]
        return [line for line in said if line]

    def _take(self, path: Path) -> str:
        # Not needed before the end, and slow to import.
        from live import replay, take

        try:
            count = take.write(path.with_suffix(".mid"), replay.read(path))
        except ExtempoError as error:
            self._trouble(str(error))
            return ""
        return f"The take is {short(path.with_suffix('.mid'))} ({count} notes)."


def short(path: Path) -> str:
    """Return a path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
