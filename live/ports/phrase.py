"""A MIDI file that is played in, as a performer would: each note at its own time."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from live import files
from live.ports.native import PortError
from live.wire import Segment
from models.midi.messages import Message, NoteOff, NoteOn, Sustain, decode

if TYPE_CHECKING:
    from mido import MetaMessage, MidiFile


_MOST: Final = 16 << 20
"""Bytes of a MIDI file that is read."""


class Phrase:
    """The notes and the sustain pedal of a MIDI file, all tracks together.

    It waits for the clock, and begins on a bar line of its own metre, as who plays to a beat does;
    not before `start`. Raises PortError for a file that is missing, broken or empty. Threads: one.
    """

    def __init__(self, path: Path, start: float) -> None:
        self._waiting = read(path)
        self._bar = metre(path)
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
    """Return a MIDI file's notes and pedal as (seconds, message); what it leaves on is ended.

    Raises PortError for a file that is missing, broken or empty.
    """
    events: list[tuple[float, Message]] = []
    at = 0.0
    held: set[tuple[int, int]] = set()
    for timed in _file(path):
        at += timed.time
        message = None if timed.is_meta else decode(bytes(timed.bytes()))
        match message:
            case NoteOn(channel=channel, pitch=pitch):
                held.add((channel, pitch))
            case NoteOff(channel=channel, pitch=pitch):
                held.discard((channel, pitch))
            case Sustain():
                pass
            case _:
                continue
        events.append((at, message))
    if not events:
        raise PortError(f"{path} has no notes to play in.")
    return events + [(at, NoteOff(channel, pitch)) for channel, pitch in sorted(held)]


def tempo(path: Path) -> float:
    """Return the tempo in which a MIDI file begins, in beats a minute; 120 where it does not say.

    Raises PortError as `read` does.
    """
    for message in _beginning(path):
        if message.type == "set_tempo":
            return 60e6 / max(float(message.tempo), 1.0)
    return 120.0


def metre(path: Path) -> float:
    """Return the beats in a file's first bar; 4 where it does not say. Raises PortError as `read` does."""
    for message in _beginning(path):
        if message.type == "time_signature" and message.numerator:
            return 4 * float(message.numerator) / float(message.denominator)
    return 4.0


def _beginning(path: Path) -> Iterator["MetaMessage"]:
    """Yield what a file says at its first tick, in every track."""
    for track in _file(path).tracks:
        for message in track:
            if message.time:
                break
            yield message


def _file(path: Path) -> "MidiFile":
    import mido

    refused = files.refusal(path, _MOST)
    if refused:
        raise PortError(refused)
    try:
        file = mido.MidiFile(path)
    except FileNotFoundError as error:
        raise PortError(f"There is no file {path} to play in.") from error
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        # This is what mido raises on broken bytes.
        said = getattr(error, "strerror", None) or str(error) or "it ends too early"
        raise PortError(f"{path} is no MIDI file that can be played in: {said}.") from error
    if file.type == 2 or file.ticks_per_beat <= 0:
        raise PortError(f"{path} is MIDI without common beats: save it as type 0 or 1.")
    return file
