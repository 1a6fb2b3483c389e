"""Note-ons paired with what ends them: their key that comes up, the pedal that held them, or the next strike.

Keys and pedals are a channel's own. Of several strikes of one key the first ends first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import msgspec

from models.midi.messages import (
    ControllersReset,
    Message,
    NoteOff,
    NoteOn,
    NotesOff,
    Program,
    SoundOff,
    Sustain,
)
from models.midi.parsing import Event
from models.midi.reading import Reading

T = TypeVar("T")


class Pairing(Generic[T]):
    """Who holds what. Each strike is whatever the caller knows it by.

    Sound that is cut off (SoundOff) lifts keys and pedal alike. Threads: one.
    """

    def __init__(self) -> None:
        self._keys: dict[int, dict[tuple[int, int], list[T]]] = defaultdict(dict)
        """By channel, then by track and pitch: what is held by hand, the oldest first."""
        self._held: dict[int, list[T]] = {}
        """By channel, for those whose pedal is down: what it holds."""

    def strike(self, message: NoteOn, strike: T, track: int = 0) -> None:
        """Take a key that goes down."""
        self._keys[message.channel].setdefault((track, message.pitch), []).append(strike)

    def lift(self, message: Message, track: int = 0) -> tuple[list[T], list[T]]:
        """Take anything else; return the strikes whose keys come up, and those that end."""
        match message:
            case NoteOff(channel=channel, pitch=pitch):
                up = self._release(channel, track, pitch)
            case NotesOff(channel=channel):
                up = self._release_all(channel)
            case Sustain(channel=channel, down=True):
                self._held.setdefault(channel, [])
                return [], []
            case Sustain(channel=channel) | ControllersReset(channel=channel):
                return [], self._held.pop(channel, [])
            case SoundOff(channel=channel):
                up = self._release_all(channel)
                return up, [*self._held.pop(channel, []), *up]
            case _:
                return [], []
        if channel in self._held:
            self._held[channel] += up
            return up, []
        return up, up

    def _release(self, channel: int, track: int, pitch: int) -> list[T]:
        keys = self._keys[channel]
        struck = keys.get((track, pitch))
        if not struck:
            return []
        first = struck.pop(0)
        if not struck:
            del keys[track, pitch]
        return [first]

    def _release_all(self, channel: int) -> list[T]:
        return [strike for struck in self._keys.pop(channel, {}).values() for strike in struck]


class Note(NamedTuple):
    """A note of a file, in its ticks: from its key's strike until it ends, by hand or by foot."""

    onset: int
    end: int
    pitch: int
    velocity: int
    channel: int
    track: int
    program: int
    """Of the channel when it is struck: of General MIDI, 0 where nothing says it."""


def notes(reading: Reading, *, drums: bool = False) -> list[Note]:
    """Return all notes of a file, the drums' only if they are asked for, in the order in which they end.

    What nothing ends, ends with the last message.
    """
    return [
        Note(
            *(one.onset, one.end, one.key.pitch, one.key.velocity),
            *(one.key.channel, one.track, one.program),
        )
        for one in _strokes(reading.events if drums else list(reading.music))
    ]


def performed(reading: Reading) -> list[tuple[int, Message]]:
    """Return a file's notes and pedals with their ticks, as one person plays them on one piano.

    There a pitch sounds once at a time, as scores of several parts do on one piano (`corpus.pieces.on_one_piano`): of
    unisons one is struck, as loud as the loudest; it sounds as long as anybody holds it, and is lifted before it is
    struck again. In the end everything is lifted.
    """
    events = list(reading.music)
    played = list(_pedals(events))
    for one in _one_at_a_time(_strokes(events)):
        tick = events[one.up].tick if one.up < len(events) else one.end
        off = NoteOff(one.key.channel, one.key.pitch)
        played += [_Played(one.began, 1, one.onset, one.key), _Played(one.up, 0, tick, off)]
    played.sort(key=lambda one: (one.place, one.turn))
    return [(one.tick, one.message) for one in played]


class _Played(NamedTuple):
    """A message that stands where the file has its event of this number, and in which turn."""

    place: int
    turn: int
    tick: int
    message: Message


def _pedals(events: list[Event]) -> Iterator[_Played]:
    """Yield what moves a pedal; those that are still down at the end are lifted there."""
    down: set[int] = set()
    for place, (tick, _, message) in enumerate(events):
        match message:
            case Sustain(channel=channel):
                (down.add if message.down else down.discard)(channel)
                yield _Played(place, 1, tick, message)
            case ControllersReset(channel=channel) | SoundOff(channel=channel):
                if channel in down:
                    down.discard(channel)
                    yield _Played(place, 1, tick, Sustain(channel, 0))
    for channel in sorted(down):
        yield _Played(len(events), 1, events[-1].tick, Sustain(channel, 0))


@dataclass(slots=True)
class _Stroke:
    """A note of a file while it is paired. began, up, ended: the events that do it, by their number."""

    key: NoteOn
    track: int
    program: int
    onset: int
    began: int
    up: int
    ended: int
    end: int


def _strokes(events: Sequence[Event]) -> list[_Stroke]:
    pairing: Pairing[_Stroke] = Pairing()
    programs: dict[int, int] = {}
    last = events[-1].tick if events else 0
    struck: list[_Stroke] = []
    found: list[_Stroke] = []
    for place, (tick, track, message) in enumerate(events):
        if isinstance(message, NoteOn):
            program = programs.get(message.channel, 0)
            struck.append(
                _Stroke(message, track, program, tick, place, len(events), len(events), -1)
            )
            pairing.strike(message, struck[-1], track)
            continue
        if isinstance(message, Program):
            programs[message.channel] = message.number
        up, ended = pairing.lift(message, track)
        for stroke in up:
            stroke.up = place
        for stroke in ended:
            stroke.ended, stroke.end = place, tick
        found += ended
    left = [stroke for stroke in struck if stroke.end < 0]
    for stroke in left:
        stroke.end = last
    return found + left


def _one_at_a_time(strokes: list[_Stroke]) -> list[_Stroke]:
    by_pitch: dict[int, list[_Stroke]] = defaultdict(list)
    for stroke in sorted(strokes, key=lambda one: (one.onset, -one.end)):
        same = by_pitch[stroke.key.pitch]
        if same:
            before = same[-1]
            if before.onset == stroke.onset:
                if stroke.key.velocity > before.key.velocity:
                    before.key = msgspec.structs.replace(before.key, velocity=stroke.key.velocity)
                continue
            if before.end > stroke.end:
                stroke.up = stroke.ended = before.ended
                stroke.end = before.end
            before.up = min(before.up, stroke.began)
        same.append(stroke)
    return [stroke for same in by_pitch.values() for stroke in same]
