"""The bytes of a MIDI file: its chunks, and the events of its tracks.

What nobody needs cannot spoil a file: meta events that are too short or too long are passed over, and
so are foreign chunks and what wraps the file (RIFF).
"""

from typing import Final, NamedTuple

from models.midi.decoding import decode
from models.midi.messages import Message

MESSAGES: Final = 1_000_000
"""Messages of a file that is read: more is no music, and takes minutes."""
TEMPO: Final = 500_000
"""Microseconds that a beat has where a file does not say it: 120 beats a minute."""

_META, _EXCLUSIVE, _ESCAPE = 0xFF, 0xF0, 0xF7
_NAME, _END, _TEMPO, _METRE, _KEY = 0x03, 0x2F, 0x51, 0x58, 0x59
_LENGTHS: Final = {
    **{status: 1 if 0xC0 <= status < 0xE0 else 2 for status in range(0x80, 0xF0)},
    **{0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0},
    **dict.fromkeys((0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0),
}
"""How many bytes follow a status."""
_SHARPS: Final = 7
"""Sharps or flats of a key at most."""
_SMALLEST: Final = 7
"""Metres are told in whole notes at most, and in 128ths at least, the seventh power of two."""


class BrokenError(Exception):
    """Why bytes are no MIDI file, in words for whoever wrote them."""


class Event(NamedTuple):
    """A message at its tick, in the track of its number."""

    tick: int
    track: int
    message: Message


class Metre(NamedTuple):
    """From a tick on bars have so many parts, each of them a note of so many to the whole."""

    tick: int
    numerator: int
    denominator: int


class Key(NamedTuple):
    """From a tick on a key has so many sharps (flats below 0), and is minor or major."""

    tick: int
    sharps: int
    minor: bool


class Said(NamedTuple):
    """What a file's chunks say. Ticks are the file's own, `division` of them a beat (a quarter).

    events: by time; at one tick as their tracks have them. tempi: the microseconds that a beat has
    from a tick on. metres, keys: by time. tracks: names, empty where they have none.
    """

    division: int
    events: tuple[Event, ...]
    tempi: dict[int, int]
    metres: tuple[Metre, ...]
    keys: tuple[Key, ...]
    tracks: tuple[str, ...]


class Parser:
    """Reads a file's chunks. Raises BrokenError, or IndexError where it ends in the middle of something."""

    def __init__(self, data: bytes) -> None:
        self._data = _unwrapped(data)
        self._events: list[Event] = []
        self._tempi: dict[int, int] = {}
        self._metres: list[Metre] = []
        self._keys: list[Key] = []
        self._names: list[str] = []
        self._count = 0

    def parse(self) -> Said:
        """Return what the chunks say."""
        division, wanted, place = self._head()
        while len(self._names) < wanted and place < len(self._data):
            kind, content, place, whole = self._chunk(place)
            if kind == b"MTrk":
                self._track(content, whole)
        if not self._names:
            raise BrokenError("it has no tracks")
        # Stable: at one moment, messages keep their track's order.
        self._events.sort(key=lambda event: event.tick)
        self._metres.sort(key=lambda metre: metre.tick)
        self._keys.sort(key=lambda key: key.tick)
        return Said(
            division,
            tuple(self._events),
            self._tempi,
            tuple(self._metres),
            tuple(self._keys),
            tuple(self._names),
        )

    def _head(self) -> tuple[int, int, int]:
        """Return the ticks of a beat, how many tracks there are, and where they begin."""
        if self._data[:4] != b"MThd":
            raise BrokenError("it does not begin as MIDI files do")
        _, content, place, whole = self._chunk(0)
        if not whole or len(content) < 6:
            raise IndexError
        kind, tracks, division = (int.from_bytes(content[k : k + 2], "big") for k in (0, 2, 4))
        if kind == 2:
            raise BrokenError("it is of type 2, separate patterns; save it as type 0 or 1")
        if not 0 < division < 0x8000:
            raise BrokenError("its time is in seconds, not in beats; save it with ticks a beat")
        return division, tracks, place

    def _chunk(self, place: int) -> tuple[bytes, bytes, int, bool]:
        """Return a chunk's kind and content, where the next begins, and whether all of it is there."""
        head = self._data[place : place + 8]
        if len(head) < 8:
            raise IndexError
        end = place + 8 + int.from_bytes(head[4:], "big")
        return head[:4], self._data[place + 8 : end], end, end <= len(self._data)

    def _track(self, data: bytes, whole: bool) -> None:
        number = len(self._names)
        self._names.append("")
        place = at = status = 0
        while place < len(data):
            self._count += 1
            if self._count > MESSAGES:
                raise BrokenError(f"it has more than {MESSAGES:,} messages, too many for music")
            delta, place = _number(data, place)
            at += delta
            first = data[place]
            if first in (_META, _EXCLUSIVE, _ESCAPE):
                kind = data[place + 1] if first == _META else first
                length, begin = _number(data, place + (2 if first == _META else 1))
                place = begin + length
                if place > len(data):
                    raise IndexError
                if first == _META and kind == _END:
                    return
                self._aside(number, at, kind, data[begin:place])
            else:
                if first >= 0x80:
                    place += 1
                    # What all machines share leaves a channel's running status alone.
                    status = first if first < 0xF0 else status
                elif not status:
                    raise BrokenError("a message in it has no status")
                else:
                    first = status
                end = place + _length(first)
                self._add(at, number, first, data[place:end])
                place = end
                if place > len(data):
                    raise IndexError
        if not whole:
            raise IndexError

    def _add(self, at: int, number: int, status: int, data: bytes) -> None:
        if not data.isascii():
            # Data end at 127: what is above was meant to be the most there is.
            data = bytes(min(value, 127) for value in data)
        message = decode(bytes((status,)) + data)
        if message is not None:
            self._events.append(Event(at, number, message))

    def _aside(self, number: int, at: int, kind: int, content: bytes) -> None:
        """Take an event that is no message of a channel."""
        if kind == _TEMPO and len(content) == 3:
            self._tempi[at] = int.from_bytes(content, "big")
        elif kind == _METRE and len(content) >= 2 and content[1] <= _SMALLEST:
            self._metres.append(Metre(at, content[0], 1 << content[1]))
        elif kind == _KEY and len(content) >= 2 and (key := _key(at, content)):
            self._keys.append(key)
        elif kind == _NAME and not self._names[number]:
            self._names[number] = _text(content)
        elif kind == _EXCLUSIVE and (message := decode(b"\xf0" + content)):
            self._events.append(Event(at, number, message))


def _key(at: int, content: bytes) -> Key | None:
    """Return a key; None for what is none."""
    sharps, minor = (content[0] + 128) % 256 - 128, content[1]
    return Key(at, sharps, bool(minor)) if abs(sharps) <= _SHARPS and minor <= 1 else None


def _unwrapped(data: bytes) -> bytes:
    """Return the MIDI file inside a RIFF file; other data as it is."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    place = 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == b"data":
            return data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2
    raise IndexError


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length, and where what follows it begins."""
    value = data[place]
    if value < 0x80:
        return value, place + 1
    value -= 0x80
    for step in range(1, 4):
        byte = data[place + step]
        value = value * 128 + byte % 128
        if byte < 0x80:
            return value, place + step + 1
    raise BrokenError("a time or a length in it has more than four bytes")


def _length(status: int) -> int:
    length = _LENGTHS.get(status)
    if length is None:
        raise BrokenError(f"it has a message of no known kind, {status}")
    return length


def _text(content: bytes) -> str:
    try:
        return content.decode().strip("\0 ")
    except UnicodeDecodeError:
        return content.decode("latin-1").strip("\0 ")
