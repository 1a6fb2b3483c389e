"""A MIDI file that is played in, as a player would: each note at its own time."""

import math
from pathlib import Path

from live.ipc.wire import Segment
from live.ports.native import PortError
from models.midi import pairing, reading
from models.midi.messages import Message, NoteOn
from models.midi.reading import MidiError, Reading


class Phrase:
    """The notes and the sustain pedal of a MIDI file, all tracks together.

    It waits for the clock, and begins on a bar line of its own metre, as who plays to a beat does;
    not before `start`. Raises PortError for a file that is missing, broken or empty. Threads: one.
    """

    def __init__(self, path: Path, start: float) -> None:
        file = _reading(path)
        self._waiting = _played(file)
        numerator, denominator = file.metre or (4, 4)
        self._bar = 4 * numerator / denominator
        self._start = start
        self._events: list[tuple[float, Message]] = []
        self._next = 0

    def follow(self, segment: Segment) -> None:
        """Begin on the first bar line after `start`, once the clock runs."""
        if not self._waiting or segment.tempo <= 0:
            return
        beat = segment.beat + max(self._start - segment.at, 0.0) * segment.tempo / 60
        line = math.ceil(beat / self._bar - 1e-6) * self._bar
        begin = segment.at + (line - segment.beat) * 60 / segment.tempo
        self._events = [(begin + at, message) for at, message in self._waiting]
        self._waiting = []

    def due(self, until: float) -> list[tuple[float, Message]]:
        """Return what is played before `until`, with its times, and move on."""
        begin = self._next
        while self._next < len(self._events) and self._events[self._next][0] < until:
            self._next += 1
        return self._events[begin : self._next]

    def next_due(self) -> float:
        """Return when the next note is played; infinity after the last."""
        return self._events[self._next][0] if self._next < len(self._events) else math.inf


def read(path: Path) -> list[tuple[float, Message]]:
    """Return a MIDI file's notes and pedals as (seconds, message); what it leaves on is ended.

    Drums are left out. Raises PortError for a file that is missing, broken or has no notes.
    """
    return _played(_reading(path))


def tempo(path: Path, low: float, high: float) -> float:
    """Return the tempo in which a MIDI file begins, in beats a minute; 120 where it does not say.

    Beyond low and high its beat is kept: in half time, or in double time. Raises PortError as `read` does.
    """
    found = _reading(path).tempo
    while found > high:
        found /= 2
    while found < low:
        found *= 2
    return found


def metre(path: Path) -> tuple[int, int] | None:
    """Return the metre in which a file begins, such as (6, 8); None where it does not say.

    Raises PortError as `read` does.
    """
    return _reading(path).metre


def _played(file: Reading) -> list[tuple[float, Message]]:
    played = [(file.seconds(tick), message) for tick, message in pairing.performed(file)]
    if not any(isinstance(message, NoteOn) for _, message in played):
        drums = any(isinstance(event.message, NoteOn) for event in file.events)
        beside = (
            " but those of drums, which are not played in: put them on another channel"
            if drums
            else ""
        )
        raise PortError(f"{file.name} has no notes to play in{beside}.")
    return played


def _reading(path: Path) -> Reading:
    try:
        return reading.read(path)
    except MidiError as error:
        raise PortError(str(error)) from error
