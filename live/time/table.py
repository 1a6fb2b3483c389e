"""The note table: which notes sound, and until when. The only owner of note-offs.

Every note-on that leaves it is followed by one note-off, whatever happens to tempo, voices, the
pedal and the processes around it. It is pure: it reads no clock and sends nothing.
"""

import heapq
import math
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from live.ipc.wire import ALL, PLAYER, CommittedNote, Segment, Who
from models.midi.messages import Message, NoteOff, NoteOn, Sustain

SHORTEST: Final = 0.01
"""No note is shorter, in seconds, wherever the tempo has put its end."""

_DOWN: Final = 127


class Due(NamedTuple):
    """A MIDI message and its time.

    note: the committed note that a note-on comes from. aside: for the built-in synth alone.
    """

    at: float
    message: Message
    note: CommittedNote | None = None
    aside: bool = False


@dataclass(slots=True)
class _Sounding:
    who: Who
    since: float
    end: float
    part: int


class NoteTable:
    """Keeps committed notes until they are due, and sounding notes until their end.

    A pitch sounds once on a channel: the note that comes later takes it over, with a note-off
    before its note-on. Ends are beats and move with the tempo: each new `Segment` counts for
    beats from its own on, and earlier ones for those before it. Before the first segment no end
    is known. Threads: one.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._waiting: list[tuple[float, int, CommittedNote]] = []
        self._order = 0
        self._sounding: dict[tuple[int, int], _Sounding] = {}
        self._next_end: tuple[float, tuple[int, int]] | None = None
        self._sustained: set[int] = set()

    def sound(self, note: CommittedNote) -> None:
        """Take a committed note; it waits for its time."""
        self._order += 1
        heapq.heappush(self._waiting, (note.at, self._order, note))

    def segment(self, segment: Segment) -> None:
        """Take a new piece of the clock: every pending end moves with it."""
        while self._segments and self._segments[-1].at >= segment.at:
            self._segments.pop()
        self._segments.append(segment)
        self._find_next_end()

    def advance(self, until: float) -> list[Due]:
        """Return the messages due before `until`, in order; at one time ends come first."""
        due: list[Due] = []
        while True:
            on = self._waiting[0][0] if self._waiting else math.inf
            off, key = self._next_end or (math.inf, (0, 0))
            if min(on, off) >= until:
                break
            if off <= on:
                due.append(self._end(key, off))
                self._find_next_end()
            else:
                note = heapq.heappop(self._waiting)[2]
                due += self._begin(note.channel, note.pitch, note.velocity, note.at, note)
        while len(self._segments) > 1 and self._segments[1].at <= until:
            del self._segments[0]
        return due

    def segment_at(self, at: float) -> Segment | None:
        """Return the piece of the clock that holds at a time; before the first one, that; None without any."""
        for segment in reversed(self._segments):
            if segment.at <= at:
                return segment
        return self._segments[0] if self._segments else None

    def next_due(self) -> float:
        """Return the time of the next message; infinity where nothing is due."""
        on = self._waiting[0][0] if self._waiting else math.inf
        return min(on, self._next_end[0]) if self._next_end else on

    def seconds(self, note: CommittedNote) -> float:
        """Return how long a note sounds at the tempo known now; 0 where the clock is held."""
        end = self._time_of(note.end)
        return max(end - note.at, SHORTEST) if end < math.inf else 0.0

    def player(self, pitch: int, velocity: int, channel: int, now: float) -> list[Due]:
        """Return what a player's note sends through; velocity 0 ends it if still theirs."""
        if velocity:
            return self._begin(channel, pitch, velocity, now, None)
        held = self._sounding.get((channel, pitch))
        if held is None or held.who != PLAYER:
            return []
        return [self._end((channel, pitch), now)]

    def sustain(self, down: bool, channel: int, now: float) -> list[Due]:
        """Return what the player's pedal sends through; down, it is owed its release."""
        if not down and channel not in self._sustained:
            return []
        (self._sustained.add if down else self._sustained.discard)(channel)
        return [Due(now, Sustain(channel, _DOWN if down else 0))]

    def let_go(self, who: Who | Literal["all"], now: float) -> list[Due]:
        """End every note of somebody and forget those that wait; the player's pedal is one of them."""
        self._waiting = [entry for entry in self._waiting if who not in (ALL, entry[2].voice)]
        heapq.heapify(self._waiting)
        keys = [key for key, held in self._sounding.items() if who in (ALL, held.who)]
        due = [self._end(key, now) for key in keys]
        if who in (ALL, PLAYER):
            for channel in sorted(self._sustained):
                due += self.sustain(False, channel, now)
        self._find_next_end()
        return due

    def _begin(
        self, channel: int, pitch: int, velocity: int, at: float, note: CommittedNote | None
    ) -> list[Due]:
        keys = [
            key
            for key, held in self._sounding.items()
            if key == (channel, pitch)
            or (
                note is not None
                and (held.who, held.part) == (note.voice, note.part)
                and key[1] in note.ended
            )
        ]
        due = [self._end(key, at) for key in keys]
        who: Who = note.voice if note else PLAYER
        end, part = (note.end, note.part) if note else (math.inf, 0)
        self._sounding[channel, pitch] = _Sounding(who, at, end, part)
        self._find_next_end()
        due.append(Due(at, NoteOn(channel, pitch, velocity), note))
        return due

    def _end(self, key: tuple[int, int], at: float) -> Due:
        del self._sounding[key]
        channel, pitch = key
        return Due(at, NoteOff(channel, pitch))

    def _find_next_end(self) -> None:
        # Few notes sound at once, and the first to end changes with the tempo: no heap.
        ends = [
            (max(self._time_of(held.end), held.since + SHORTEST), key)
            for key, held in self._sounding.items()
        ]
        first = min(ends, default=None)
        self._next_end = first if first and first[0] < math.inf else None

    def _time_of(self, beat: float) -> float:
        if not self._segments or beat == math.inf:
            return math.inf
        for segment in reversed(self._segments):
            if segment.beat <= beat:
                break
        if beat <= segment.beat:
            return segment.at
        return (
            segment.at + (beat - segment.beat) * 60 / segment.tempo if segment.tempo else math.inf
        )
