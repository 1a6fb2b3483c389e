"""A small file that says what sounds: not even SIGKILL of everything leaves a note behind."""

import contextlib
import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from live.wire import Trouble
from models.midi.messages import Message, NoteOff, NoteOn, Sustain

_ROW: Final = 129
"""128 pitches and the sustain pedal, for each of 16 channels."""
_PEDAL: Final = 128
_SIZE: Final = 16 * _ROW


def folder() -> Path:
    """Return the folder of these files, one for each run."""
    import platformdirs

    return Path(platformdirs.user_state_dir("extempo", appauthor=False)) / "sounding"


class Sounding:
    """What sounds on our outputs, kept in a file that survives us. Threads: mark() from one."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self._path = place / str(os.getpid())
        self._file = self._path.open("w+b")
        self._file.write(bytes(_SIZE))
        self._file.flush()
        _lock(self._file.fileno())
        self._map = mmap.mmap(self._file.fileno(), _SIZE)

    def mark(self, message: Message) -> None:
        """Note a MIDI message that goes out."""
        match message:
            case NoteOn():
                self._map[_row(message.channel) + message.pitch] = 1
            case NoteOff():
                self._map[_row(message.channel) + message.pitch] = 0
            case Sustain():
                self._map[_row(message.channel) + _PEDAL] = message.down

    def close(self) -> None:
        """Remove the file: nothing sounds any more."""
        self._map.close()
        self._file.close()
        self._path.unlink(missing_ok=True)


def left_behind(place: Path) -> list[Message]:
    """Return the note-offs that runs that were killed still owe, and forget them."""
    owed: list[Message] = []
    for path in sorted(place.glob("*")) if place.is_dir() else []:
        with contextlib.suppress(OSError):
            # A file that is locked, or on Windows still open, belongs to a run that plays.
            with path.open("r+b") as file:
                _lock(file.fileno())
                marks = file.read(_SIZE)
            path.unlink()
            owed += _offs(marks.ljust(_SIZE, b"\0"))
    return owed


def recall() -> tuple[list[Message], Sounding | None, list[Trouble]]:
    """Return the note-offs that are owed, this run's file if it can be, and what there is to say."""
    place = folder()
    try:
        return left_behind(place), Sounding(place), []
    except OSError as error:
        text = (
            f"{place} cannot be written ({error.strerror}): notes that a crash of everything leaves "
            "behind will not be ended at the next start."
        )
        return [], None, [Trouble(code="sounding", text=text)]


def _row(channel: int) -> int:
    return (channel - 1) * _ROW


def _offs(marks: bytes) -> Iterator[Message]:
    for channel in range(1, 17):
        row = marks[_row(channel) :]
        for pitch in range(128):
            if row[pitch]:
                yield NoteOff(channel, pitch)
        if row[_PEDAL]:
            yield Sustain(channel, 0)


def _lock(descriptor: int) -> None:
    # Windows refuses to remove a file that is open, which serves as well.
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
