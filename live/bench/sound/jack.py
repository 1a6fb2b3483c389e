"""A foreign program on JACK that plays notes and hears the sound that they make."""

import heapq
import random
import time
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from live.bench.jack_server import RATE, wait_for
from live.ports import native
from live.ports.jack_client import leave
from live.ports.jack_connections import ports
from models.midi.messages import NoteOff, NoteOn

_SOON: Final = 0.5
"""Seconds after joining in which nothing is played, while graphs settle."""
_HELD: Final = (0.05, 0.08)
"""Seconds that a key is held, and, at random, longer."""
_GAP: Final = (0.15, 0.25)
"""Seconds from one note to the next."""
_PITCHES: Final = (48, 72)
_AHEAD: Final = 4
"""Periods between asking for a note and playing it."""


class Struck(msgspec.Struct):
    """Frames of JACK's at which notes were played, and at which sound came up from silence."""

    played: list[int] = []
    heard: list[int] = []

    def answers(self, longest: float) -> list[float]:
        """Return the milliseconds from each note that was answered within so many seconds."""
        frames = np.array(self.heard, np.int64)
        found = []
        for played in self.played:
            after = frames[frames >= played]
            if len(after) and after[0] - played <= longest * RATE:
                found.append(1000.0 * float(after[0] - played) / RATE)
        return found


def strike(notes: str, sound: str, level: float, seconds: float) -> Struck:
    """Play notes to a JACK port for so long, and hear another. A process's work.

    level: what counts as sound.
    """
    foreign = _Foreign(notes, sound, level)
    chance = random.Random(0)
    time.sleep(_SOON)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        foreign.note(chance.randrange(*_PITCHES), chance.uniform(*_HELD), chance.random())
        time.sleep(chance.uniform(*_GAP))
    time.sleep(_SOON)
    return foreign.leave()


class _Foreign:
    """A JACK client with a port of notes out and one of sound in."""

    def __init__(self, notes: str, sound: str, level: float) -> None:
        self._client: Any = native.jack().Client("foreign", no_start_server=True)
        self._struck = Struck()
        self._waiting: list[tuple[int, bytes]] = []
        self._level = level
        self._sounding = False
        self._out = self._client.midi_outports.register("out")
        self._in = self._client.inports.register("in")
        self._client.set_process_callback(self._process)
        self._client.activate()
        wait_for(
            lambda: {notes, sound} <= {port.name for port in ports(self._client)}, "extempo's ports"
        )
        self._client.connect(self._out, notes)
        self._client.connect(sound, self._in)

    def note(self, pitch: int, held: float, offset: float) -> None:
        """Play a note a few periods from now, `offset` of one later, and let go of it."""
        frame = int(self._client.frame_time) + round((_AHEAD + offset) * self._client.blocksize)
        self._struck.played.append(frame)
        heapq.heappush(self._waiting, (frame, NoteOn(1, pitch, 90).encode()))
        heapq.heappush(self._waiting, (frame + round(held * RATE), NoteOff(1, pitch).encode()))

    def leave(self) -> Struck:
        """Leave JACK; return what was played and heard."""
        leave(self._client)
        return self._struck

    def _process(self, frames: int) -> None:
        begin = int(self._client.last_frame_time)
        self._hear(begin, np.frombuffer(self._in.get_buffer(), np.float32))
        self._out.clear_buffer()
        while self._waiting and self._waiting[0][0] < begin + frames:
            frame, data = heapq.heappop(self._waiting)
            self._out.write_midi_event(max(frame - begin, 0), data)

    def _hear(self, begin: int, block: NDArray[np.float32]) -> None:
        loud = np.abs(block) > self._level
        if loud.any() and not self._sounding:
            self._struck.heard.append(begin + int(loud.argmax()))
        self._sounding = bool(loud[-1])
