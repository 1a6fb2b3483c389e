"""MIDI files to notes on the grid: what a piece is before it becomes steps.

Onsets are absolute beats that snap to 24 ticks a beat. All tracks of a piece are merged into one
part, drums (channel 10) are left out, the sustain pedal makes notes longer, and a note that is
struck again ends there.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from models.contract.errors import ExtempoError
from models.contract.grid import METRES, TICKS
from models.corpus.pieces import Ints, Score
from models.corpus.readers.reader import Arrays, Held
from models.midi import pairing, reading
from models.midi.reading import MOST, Reading

VERSION: Final = 3
"""Raised when the same file would be read to other notes; parts caches from before."""

LONGEST: Final = 64 * TICKS
"""Ticks after which a note that no message ends is cut."""


class MidiReader:
    """Reads MIDI files of type 0 or 1, each a piece."""

    kind = "MIDI"
    suffixes = (".mid", ".midi")
    version = VERSION
    most = MOST
    many = False
    beside: tuple[str, ...] = ()

    def read(self, path: Path) -> Held:
        """Return the one piece of a file; see `read_midi`."""
        return Held((read_midi(path),))

    def arrays(self, held: Held) -> Arrays:
        """Return its notes and bars."""
        piece: Any = held.pieces[0]
        return {"notes": piece.notes, "bars": piece.bars}

    def held(self, name: str, arrays: Arrays) -> Held:
        """Return the piece that these keep."""
        return Held((Score(name, arrays["notes"], arrays["bars"]),))


def read_midi(path: Path) -> Score:
    """Read a MIDI file of type 0 or 1.

    Raises ExtempoError, one sentence that says why, for a file that is broken or has no notes.
    """
    file = reading.read(path)
    notes = _untangle(
        [
            (_grid(note.onset, file), note.pitch, note.velocity, _grid(note.end, file))
            for note in pairing.notes(file)
        ]
    )
    if not len(notes):
        raise ExtempoError(f"{path} has no notes outside the drum channel: leave it out.")
    return Score(path.name, notes, _bars(file))


def _grid(tick: int, file: Reading) -> int:
    """Return the nearest of 24 ticks a beat."""
    return (tick * TICKS * 2 + file.division) // (2 * file.division)


def _untangle(spans: list[tuple[int, int, int, int]]) -> Ints:
    """Return notes (n, 4) of spans (onset, pitch, velocity, end).

    Unisons become one note, and a note struck again ends there.
    """
    if not spans:
        return np.zeros((0, 4), np.int32)
    table = np.array(spans, np.int64)
    onset, pitch, _, end = table.T
    order = np.lexsort((-end, onset, pitch))
    table = table[order]
    same = (table[1:, 1] == table[:-1, 1]) & (table[1:, 0] == table[:-1, 0])
    table = table[np.concatenate(([True], ~same))]
    struck_again = table[1:, 1] == table[:-1, 1]
    table[:-1, 3] = np.where(struck_again, np.minimum(table[:-1, 3], table[1:, 0]), table[:-1, 3])
    table[:, 3] = np.clip(table[:, 3] - table[:, 0], 1, LONGEST)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return table.astype(np.int32)


def _bars(file: Reading) -> Ints:
    """Return where metres begin; music without a time signature has the metre 0, not known."""
    metres: dict[int, int] = {0: 0}
    for tick, numerator, denominator in file.metres:
        eighths, rest = divmod(numerator * 8, denominator)
        metres[_grid(tick, file)] = eighths if not rest and eighths < METRES else 0
    return np.array(sorted(metres.items()), np.int32)
