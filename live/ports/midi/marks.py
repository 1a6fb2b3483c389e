"""A small file that says what sounds, so that not even a SIGKILL of everything leaves a note hanging."""

import contextlib
import enum
import json
import mmap
import os
import secrets
import sys
from collections.abc import Iterable, MutableSequence
from pathlib import Path
from typing import Final

from live.machine.lock import DRAFT, created, locked
from models.midi.messages import Message, NoteOff, NoteOn, Sustain

_ROW: Final = 129
"""128 pitches and the sustain pedal, for each of 16 channels."""
_PEDAL: Final = 128
_SIZE: Final = 16 * _ROW


class Reach(enum.Enum):
    """How far output reaches: nobody, perhaps somebody, or everybody who got the messages before."""

    NOBODY = enum.auto()
    PERHAPS = enum.auto()
    EVERYBODY = enum.auto()


def folder() -> Path:
    """Return the folder of these files, one for each run."""
    import platformdirs

    return Path(platformdirs.user_state_dir("extempo", appauthor=False)) / "sounding"


class Marks:
    """What may sound at those who hear us: a mark for each key and pedal, in memory or in a file.

    A mark is set before the note-on goes out, and goes once its end has reached everybody. An end
    that has not is owed: it goes out again when it can reach them, in this run or in the next.
    Threads: one, but for `keep_in`, which comes before all others.
    """

    def __init__(self) -> None:
        self._rows: MutableSequence[int] | mmap.mmap = bytearray(_SIZE)
        self._path: Path | None = None
        self._descriptor = -1
        self._leaving: set[int] = set()
        """Keys whose end has gone out in this cycle."""
        self._owed: set[int] = set()
        """Keys of dead runs, which nobody in this run will end."""

    def keep_in(self, place: Path, outputs: Iterable[str]) -> None:
        """Keep the marks in a folder, and take over what killed runs owe to these outputs.

        Raises OSError where the folder cannot be written.
        """
        names = sorted(outputs)
        place.mkdir(parents=True, exist_ok=True)
        self._open(place / f"{os.getpid()}-{secrets.token_hex(4)}", names)
        for path in place.glob("*"):
            if path != self._path and not path.name.startswith(DRAFT):
                with contextlib.suppress(OSError):
                    self._take_over(path, set(names))

    def sent(self, message: Message, reach: Reach) -> None:
        """Take note of what goes out now."""
        # Quicker than a match, and in JACK's callback.
        kind = type(message)
        if kind is NoteOn:
            if reach is not Reach.NOBODY:
                self._begin(_key(message))
        elif kind is NoteOff:
            self._end(_key(message), reach)
        elif isinstance(message, Sustain):
            if not message.down:
                self._end(_key(message), reach)
            elif reach is not Reach.NOBODY:
                self._begin(_key(message))

    def sounds(self, end: NoteOff) -> bool:
        """Return whether the key that this ends may sound."""
        return bool(self._rows[_key(end)])

    def left(self) -> None:
        """What was sent has left: what it ended does not sound any more."""
        if self._leaving:
            for key in self._leaving:
                self._rows[key] = 0
            self._leaving.clear()

    @property
    def owing(self) -> bool:
        """Whether ends are owed."""
        return bool(self._owed)

    def owed(self) -> list[Message]:
        """Return the ends that are owed, to be sent."""
        return [_ending(key) for key in sorted(self._owed)]

    def owed_before(self, message: Message) -> Message | None:
        """Return the end that is owed to the key that is about to be struck again, if one is."""
        key = _key(message) if type(message) is NoteOn else -1
        return _ending(key) if key in self._owed else None

    def close(self) -> None:
        """Remove the file, or leave it to the next run if ends are owed; twice does nothing."""
        self.left()
        if self._path is None:
            return
        assert isinstance(self._rows, mmap.mmap)
        kept = bytearray(self._rows[:_SIZE])
        self._rows.close()
        self._rows = kept
        if sys.platform == "win32":
            os.close(self._descriptor)
        if not self._owed:
            self._path.unlink(missing_ok=True)
        if sys.platform != "win32":
            os.close(self._descriptor)
        self._path = None

    def _begin(self, key: int) -> None:
        self._leaving.discard(key)
        self._owed.discard(key)
        self._rows[key] = 1

    def _end(self, key: int, reach: Reach) -> None:
        if not self._rows[key]:
            return
        if reach is Reach.EVERYBODY:
            self._owed.discard(key)
            self._leaving.add(key)
        else:
            self._owed.add(key)

    def _open(self, path: Path, outputs: list[str]) -> None:
        descriptor = created(path, bytes(self._rows[:_SIZE]) + json.dumps(outputs).encode())
        try:
            rows = mmap.mmap(descriptor, _SIZE)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        self._rows, self._descriptor, self._path = rows, descriptor, path

    def _take_over(self, path: Path, outputs: set[str]) -> None:
        """Owe what another run owed, if it is dead and played to the same."""
        with path.open("r+b") as file:
            if not locked(file.fileno()):
                return
            data = file.read()
            if not outputs & _outputs(data[_SIZE:]):
                return
            for key, mark in enumerate(data[:_SIZE]):
                if mark:
                    self._rows[key] = 1
                    self._owed.add(key)
            if sys.platform != "win32":
                path.unlink()
        path.unlink(missing_ok=True)


def _outputs(data: bytes) -> set[str]:
    with contextlib.suppress(ValueError, TypeError):
        return set(json.loads(data))
    return set()


def _key(message: Message) -> int:
    match message:
        case NoteOn(channel=channel, pitch=pitch) | NoteOff(channel=channel, pitch=pitch):
            return (channel - 1) * _ROW + pitch
        case Sustain(channel=channel):
            return (channel - 1) * _ROW + _PEDAL
    return -1


def _ending(key: int) -> Message:
    channel, pitch = key // _ROW + 1, key % _ROW
    return Sustain(channel, 0) if pitch == _PEDAL else NoteOff(channel, pitch)
