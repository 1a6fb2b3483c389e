"""Notes as they fall, in letters: for who can see them and not hear them."""

import math
from collections import deque
from typing import Final

from live.ipc.news import Sent
from models.contract.grid import pitch_name

ROW_SECONDS: Final = 0.15
"""What one row of the falling display covers."""
ROWS: Final = 10
LOWEST: Final = 21
HIGHEST: Final = 108


class Falling:
    """A piano's width of columns; the newest notes are in the top row, and fall. Threads: one.

    plain: ASCII only, for terminals that have no blocks.
    """

    def __init__(self, plain: bool = False) -> None:
        self._shades, self._held = (".oO#", "|") if plain else ("░▒▓█", "│")
        self._notes: deque[Sent] = deque()

    def add(self, note: Sent) -> None:
        """A note sounds."""
        self._notes.append(note)

    def rows(self, now: float, width: int) -> list[str]:
        """Return the rows and the keyboard under them, as they are at `now`, in so many columns."""
        share = max(math.ceil((HIGHEST - LOWEST + 1) / max(width, 1)), 1)
        columns = (HIGHEST - LOWEST) // share + 1
        grid = [[" "] * columns for _ in range(ROWS)]
        newest = math.floor(now / ROW_SECONDS)
        while self._notes and self._row(newest, self._notes[0].at + self._notes[0].seconds) >= ROWS:
            self._notes.popleft()
        for note in self._notes:
            if LOWEST <= note.pitch <= HIGHEST:
                self._draw(grid, newest, note, (note.pitch - LOWEST) // share)
        return ["".join(row).rstrip() for row in grid] + [_keyboard(share, columns)]

    def _draw(self, grid: list[list[str]], newest: int, note: Sent, column: int) -> None:
        onset = self._row(newest, note.at)
        end = max(self._row(newest, note.at + note.seconds), 0)
        for row in range(end, min(onset, ROWS)):
            if grid[row][column] == " ":
                grid[row][column] = self._held
        if 0 <= onset < ROWS:
            grid[onset][column] = self._shades[min(note.velocity // 32, 3)]

    def _row(self, newest: int, at: float) -> int:
        return newest - math.floor(at / ROW_SECONDS)


def _keyboard(share: int, columns: int) -> str:
    line = [" "] * (columns + 2)
    for pitch in range(LOWEST, HIGHEST + 1):
        if pitch % 12 == 0:
            column = (pitch - LOWEST) // share
            line[column : column + 2] = pitch_name(pitch)
    return "".join(line).rstrip()


class Lines:
    """One plain line for every few bars: for a pipe or a log. Threads: one."""

    def __init__(self, bars: int = 4, names: int = 16) -> None:
        self._bars = bars
        self._names = names
        self._first = 1
        self._notes: list[Sent] = []

    def add(self, note: Sent) -> None:
        """A note sounds."""
        self._notes.append(note)

    def bar(self, bar: int) -> str | None:
        """A bar begins; return the line on those before it, if it is time for one."""
        if self._first <= bar < self._first + self._bars:
            return None
        line = self.rest(bar - 1)
        self._first = bar
        return line

    def rest(self, last: int) -> str | None:
        """Return the line on the bars up to `last`; None if nothing sounded."""
        notes, self._notes = self._notes, []
        if not notes:
            return None
        names = " ".join(pitch_name(note.pitch) for note in notes[: self._names])
        more = " ..." if len(notes) > self._names else ""
        return f"bars {self._first}-{max(last, self._first)}: {len(notes)} notes: {names}{more}"
