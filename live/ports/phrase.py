"""A MIDI file that is played in, as a performer would: each note at its own time."""

import math
from pathlib import Path

from live.ports.native import PortError


class Phrase:
    """The notes and the sustain pedal of a MIDI file, all tracks together, from `start` on.

    Raises PortError for a file that is missing, broken or empty. Threads: one.
    """

    def __init__(self, path: Path, start: float) -> None:
        self._events = [(start + at, data) for at, data in read(path)]
        self._next = 0

    def due(self, until: float) -> list[tuple[float, bytes]]:
        """Return what is played before `until`, with its times, and move on."""
        begin = self._next
        while self._next < len(self._events) and self._events[self._next][0] < until:
            self._next += 1
        return self._events[begin : self._next]

    def next_due(self) -> float:
        """Return when the next note is played; infinity after the last."""
        return self._events[self._next][0] if self._next < len(self._events) else math.inf


def read(path: Path) -> list[tuple[float, bytes]]:
    """Return a MIDI file's notes and pedal as (seconds, message); what it leaves on is ended.

    Raises PortError for a file that is missing, broken or empty.
    """
    import mido

    events: list[tuple[float, bytes]] = []
    at = 0.0
    held: set[tuple[int, int]] = set()
    try:
        for message in mido.MidiFile(path):
            at += message.time
            if message.type in ("note_on", "note_off"):
                sounds = message.type == "note_on" and message.velocity > 0
                key = message.channel, message.note
                (held.add if sounds else held.discard)(key)
            elif message.type != "control_change" or message.control != 64:
                continue
            events.append((at, bytes(message.bytes())))
    except FileNotFoundError as error:
        raise PortError(f"There is no file {path} to play in.") from error
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise PortError(f"{path} is no MIDI file that can be played in: {error}.") from error
    if not events:
        raise PortError(f"{path} has no notes to play in.")
    return events + [(at, bytes((0x80 | channel, pitch, 0))) for channel, pitch in sorted(held)]
