"""The terminal, or the pipe in its place. With `live.cli`, the only place that prints."""

import contextlib
import os
import sys
import textwrap
from io import TextIOWrapper
from typing import Final, NoReturn, TextIO

from rich.console import Console as Terminal
from rich.live import Live
from rich.text import Text

from live.ipc.news import Beat, Sent, Trouble
from live.screen.falling import ROW_SECONDS, Falling, Lines
from live.screen.told import Card, ShowNotes, Told
from models.contract.errors import line

_AGAIN_SECONDS: Final = 30.0
"""The same trouble is not said again within this time."""
_LONGEST: Final = 800
"""Characters of what is said in one go: a path in it may be a page."""
_COMES_AND_GOES: Final = ("jack", "sound", "port")
"""Codes of troubles of which the latest counts."""


class _Gone(Exception):
    """Nobody reads any more."""


class _Terminal(Terminal):
    def on_broken_pipe(self) -> NoReturn:
        # rich's own way is to end the program; the music goes on. What waits in the file's buffer
        # must not fail again when the program ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
        raise _Gone


def _terminal(file: TextIO) -> Terminal:
    return _Terminal(file=file, highlight=False, markup=False, emoji=False)


class Screen:
    """Writes to a terminal or a pipe, in few lines. Threads: one.

    On a terminal notes fall, in a few rows that go away at the end; elsewhere there is a line for
    every four bars.
    """

    def __init__(self, out: TextIO | None = None, errors: TextIO | None = None) -> None:
        for stream in (sys.stdout, sys.stderr):
            # A letter that the terminal does not have would take its whole text with it.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self._out = _terminal(out or sys.stdout)
        moves = self._out.is_terminal and not self._out.is_dumb_terminal
        # The falling notes are drawn anew under each line, so troubles go where they are.
        self._errors = self._out if moves and errors is None else _terminal(errors or sys.stderr)
        self._moves = moves
        self._lines: Lines | None = None
        self._falling = Falling(plain=not self._out.encoding.startswith("utf"))
        self._view: Live | None = None
        self._beat: Beat | None = None
        self._count = 0
        self._drawn = 0.0
        self._said: dict[str, tuple[float, str]] = {}

    @property
    def moving(self) -> bool:
        """Whether `draw` has something to draw now and then."""
        return self._view is not None

    def tell(self, message: Told, now: float) -> None:
        """Show a message, at `now` in `time.monotonic()` seconds."""
        match message:
            case str():
                self._print(self._out, Text(line(message, _LONGEST)))
            case Card():
                self._print(self._out, _card(message, self._out.width if self._moves else 0))
            case Trouble():
                self._trouble(message, now)
            case Sent():
                self._note(message)
            case Beat():
                self._bar(message)
            case ShowNotes(on=True):
                self._show_notes()
            case ShowNotes():
                self.close()

    def draw(self, now: float) -> None:
        """Draw the falling notes as they are now."""
        if self._view is None or now - self._drawn < ROW_SECONDS:
            return
        self._drawn = now
        text = Text("\n".join(self._falling.rows(now, self._out.width - 2)), style="cyan")
        text.append(f"\n{self._status()}", style="dim")
        try:
            self._view.update(text, refresh=True)
        except (_Gone, OSError):
            self._view = None

    def close(self) -> None:
        """Take the falling notes away; the lines stay."""
        if self._view is not None:
            with contextlib.suppress(_Gone, OSError):
                self._view.stop()
            self._view = None
        if self._lines is not None:
            line = self._lines.rest(self._beat.bar if self._beat else 1)
            self._lines = None
            if line:
                self._print(self._out, Text(line))

    def _trouble(self, trouble: Trouble, now: float) -> None:
        if now - self._said.get(trouble.text, (-_AGAIN_SECONDS, ""))[0] < _AGAIN_SECONDS:
            return
        # Of what comes and goes the last line says how it is.
        self._said = {
            text: (at, code)
            for text, (at, code) in self._said.items()
            if now - at < _AGAIN_SECONDS and not (code == trouble.code in _COMES_AND_GOES)
        }
        self._said[trouble.text] = now, trouble.code
        self._print(self._errors, Text(line(trouble.text, _LONGEST), style="yellow"))

    def _note(self, note: Sent) -> None:
        self._count += 1
        if self._view is not None:
            self._falling.add(note)
        elif self._lines is not None:
            self._lines.add(note)

    def _bar(self, beat: Beat) -> None:
        self._beat = beat
        line = self._lines.bar(beat.bar) if self._lines is not None else None
        if line:
            self._print(self._out, Text(line))

    def _show_notes(self) -> None:
        if not self._moves:
            self._lines = self._lines or Lines()
        elif self._view is None:
            self._view = Live(
                console=self._out,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._view.start()

    def _status(self) -> str:
        if self._beat is None:
            return f"{self._count} notes"
        beat = self._beat
        return (
            f"bar {beat.bar} beat {beat.beat} of {beat.metre}, {beat.tempo:g} quarters a minute, "
            f"{self._count} notes"
        )

    def _print(self, terminal: Terminal, text: Text) -> None:
        with contextlib.suppress(_Gone, OSError, ValueError):
            # A pipe gets lines as they are: what reads them wraps them itself.
            terminal.print(text, soft_wrap=not terminal.is_terminal)
            terminal.file.flush()


def _card(card: Card, wide: int) -> Text:
    """Return a card's lines, its longer rows indented where they go on."""
    words = max((len(word) for word, _ in card.rows), default=0)
    text = Text(card.title, style="bold")
    for word, whole in card.rows:
        said = line(whole, _LONGEST)
        lines = textwrap.wrap(said, max(wide - words - 5, 20)) if wide else [said]
        text.append(f"\n  {word:<{words}}  ", style="not bold cyan")
        text.append(f"\n{'':{words + 4}}".join(lines), style="not bold")
    return text
