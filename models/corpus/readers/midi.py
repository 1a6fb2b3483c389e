"""MIDI files to scores on the grid: parts, metres, tempi and keys as they are written.

Onsets are absolute beats that snap to 24 ticks a beat. A part is what one track plays on one channel with one
program; the sustain pedal makes notes longer.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.contract.errors import ExtempoError
from models.contract.grid import FINE, TICKS
from models.corpus.packed import Arrays, pack, unpack
from models.corpus.pieces import Ints, Part, Score
from models.corpus.readers.reader import Held
from models.midi import pairing, reading
from models.midi.messages import DRUMS
from models.midi.pairing import Note
from models.midi.reading import MOST, Reading

VERSION: Final = 6
"""Raised when the same file would be read to other notes; parts caches from before."""

LONGEST: Final = 64 * TICKS
"""Ticks after which a note that no message ends is cut."""


class MidiReader:
    """Reads MIDI files of type 0 or 1, each a piece; karaoke files are such, with words that are passed over."""

    kind = "MIDI"
    suffixes = (".mid", ".midi", ".kar")
    version = VERSION
    most = MOST
    many = False
    beside: tuple[str, ...] = ()

    def read(self, path: Path) -> Held:
        """Return the one piece of a file, which may have drums alone; see `read_midi`."""
        return Held((_read(path),))

    def arrays(self, held: Held) -> Arrays:
        """Return all that it holds."""
        pieces: Any = held.pieces
        return pack(pieces)

    def held(self, name: str, arrays: Arrays) -> Held:
        """Return the piece that these keep, under the name of a file."""
        return Held([one.named(name) for one in unpack(arrays)])


def read_midi(path: Path) -> Score:
    """Read a MIDI file of type 0 or 1.

    Raises ExtempoError, one sentence that says why, for a file that is broken or has no notes but drums.
    """
    score = _read(path)
    if score.fault:
        raise ExtempoError(f"{path} {score.fault}: leave it out.")
    return score


def _read(path: Path) -> Score:
    file = reading.read(path)
    parts = tuple(_parts(file))
    if not parts:
        raise ExtempoError(f"{path} has no notes: leave it out.")
    return Score(path.name, parts, _metres(file), _tempi(file), _keys(file))


def _parts(file: Reading) -> Iterator[Part]:
    """Yield who plays, in the order in which they are written."""
    played: dict[tuple[int, int, int], list[Note]] = {}
    for note in pairing.notes(file, drums=True):
        played.setdefault((note.track, note.channel, note.program), []).append(note)
    for (track, channel, program), notes in sorted(played.items()):
        yield Part(file.tracks[track], program, channel == DRUMS, *_on_grid(notes, file))


def _on_grid(notes: list[Note], file: Reading) -> tuple[Ints, Ints]:
    """Return notes (n, 4), sorted by onset and pitch, and what the grid took from their onsets (n, 1)."""
    table = np.array([(one.onset, one.pitch, one.velocity, one.end) for one in notes], np.int64)
    fine = _grid(table[:, 0], file, TICKS * FINE)
    table[:, 0], end = _grid(table[:, 0], file), _grid(table[:, 3], file)
    table[:, 3] = np.clip(end - table[:, 0], 1, LONGEST)
    order = np.lexsort((table[:, 1], table[:, 0]))
    offsets = (fine - FINE * table[:, 0])[order, None]
    return table[order].astype(np.int32), offsets.astype(np.int32)


def _grid(ticks: Any, file: Reading, grid: int = TICKS) -> Any:
    """Return the nearest of 24 ticks a beat, or of another grid; of one tick or of many."""
    return (ticks * grid * 2 + file.division) // (2 * file.division)


def _metres(file: Reading) -> Ints:
    """Return where metres begin; what is written last at a tick holds."""
    metres = {0: (0, 4)}
    for tick, upper, lower in file.metres:
        metres[_grid(tick, file)] = (upper, lower) if upper else (0, 4)
    return np.array([(tick, *metre) for tick, metre in sorted(metres.items())], np.int32)


def _tempi(file: Reading) -> Ints:
    said = {_grid(one.tick, file): one.microseconds for one in file.tempi}
    return np.array(sorted(said.items()), np.int32).reshape(-1, 2)


def _keys(file: Reading) -> Ints:
    said = {_grid(one.tick, file): (one.sharps, one.minor) for one in file.keys}
    rows = [(tick, sharps, minor) for tick, (sharps, minor) in sorted(said.items())]
    return np.array(rows, np.int32).reshape(-1, 3)
