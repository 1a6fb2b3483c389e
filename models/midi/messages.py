"""MIDI messages and their bytes: the only place that knows what a status byte is.

`decode` makes a message of bytes, each message's `encode` makes bytes of it. A note-on of velocity 0
is a note-off. Channels are 1 to 16, everything else as MIDI has it. All messages are immutable.
"""

from collections.abc import Callable
from typing import Final

import msgspec

DRUMS: Final = 10
"""The channel on which General MIDI has drums: its pitches are no pitches."""

SUSTAIN: Final = 64
"""The controller of the sustain pedal."""

_SOUND_OFF: Final = 120
_RESET_CONTROLLERS: Final = 121
_NOTES_OFF: Final = 123
_DOWN: Final = 64
"""A switch is on from this value on."""
_HIGHEST: Final = 127
_CENTRE: Final = 8192


class _Message(msgspec.Struct, frozen=True, gc=False):
    def encode(self) -> bytes:
        """Return the bytes of this message."""
        raise NotImplementedError


class _OfChannel(_Message, frozen=True):
    channel: int

    def _bytes(self, kind: int, *data: int) -> bytes:
        return bytes((kind + self.channel - 1, *data))


class NoteOn(_OfChannel, frozen=True):
    """A key goes down. velocity: 1 to 127."""

    pitch: int
    velocity: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0x8F + self.channel, self.pitch, self.velocity))


class NoteOff(_OfChannel, frozen=True):
    """A key comes up."""

    pitch: int
    velocity: int = 0

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0x7F + self.channel, self.pitch, self.velocity))


class KeyPressure(_OfChannel, frozen=True):
    """A key that is down is pressed harder."""

    pitch: int
    value: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xA0, self.pitch, self.value)


class Control(_OfChannel, frozen=True):
    """A controller moves. Those with a meaning of their own are messages of their own, below."""

    number: int
    value: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xB0, self.number, self.value)


class Sustain(_OfChannel, frozen=True):
    """The sustain pedal moves."""

    value: int

    @property
    def down(self) -> bool:
        """Whether it holds notes."""
        return self.value >= _DOWN

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0xAF + self.channel, SUSTAIN, self.value))


class SoundOff(_OfChannel, frozen=True):
    """All sound of the channel ends at once (controller 120): panic."""

    value: int = 0

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xB0, _SOUND_OFF, self.value)


class ControllersReset(_OfChannel, frozen=True):
    """All controllers of the channel go back to where they were at first, the pedal too (121)."""

    value: int = 0

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xB0, _RESET_CONTROLLERS, self.value)


class NotesOff(_OfChannel, frozen=True):
    """All keys of the channel come up (123, and 124 to 127, which say something of its mode as well)."""

    number: int = _NOTES_OFF
    value: int = 0

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xB0, self.number, self.value)


class Program(_OfChannel, frozen=True):
    """Another instrument."""

    number: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xC0, self.number)


class Pressure(_OfChannel, frozen=True):
    """All keys that are down are pressed harder."""

    value: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xD0, self.value)


class Bend(_OfChannel, frozen=True):
    """All pitches bend. value: -8192 to 8191, 0 is no bend."""

    value: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xE0, *_halves(self.value + _CENTRE))


class Exclusive(_Message, frozen=True):
    """Something between machines of one maker. data: what lies between its first and its last byte."""

    data: bytes

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xf0" + self.data + b"\xf7"


class TimeCode(_Message, frozen=True):
    """A quarter of a frame of time code."""

    value: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0xF1, self.value))


class SongPosition(_Message, frozen=True):
    """Where the song goes on: so many sixteenths, of six clocks each, from its beginning."""

    sixteenths: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0xF2, *_halves(self.sixteenths)))


class SongSelect(_Message, frozen=True):
    """Another song."""

    number: int

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return bytes((0xF3, self.number))


class TuneRequest(_Message, frozen=True):
    """Analogue synthesizers should tune themselves."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xf6"


class Clock(_Message, frozen=True):
    """A 24th of a beat has gone by."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xf8"


class Start(_Message, frozen=True):
    """The song begins from its beginning, with the next clock."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xfa"


class Continue(_Message, frozen=True):
    """The song goes on from where it is, with the next clock."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xfb"


class Stop(_Message, frozen=True):
    """The song stops."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xfc"


class Sensing(_Message, frozen=True):
    """The cable is still there."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xfe"


class Reset(_Message, frozen=True):
    """Everything as it was when it was switched on."""

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return b"\xff"


Message = (
    NoteOn | NoteOff | Sustain | Control | SoundOff | ControllersReset | NotesOff
    | KeyPressure | Program | Pressure | Bend | Exclusive | TimeCode | SongPosition | SongSelect
    | TuneRequest | Clock | Start | Continue | Stop | Sensing | Reset
)  # fmt: skip
"""Everything that MIDI says."""


def decode(data: bytes) -> Message | None:
    """Return the message that bytes are, or None where they are not exactly one."""
    return _READERS[data[0]](data) if data else None


def _halves(value: int) -> tuple[int, int]:
    return value % 128, value // 128


def _whole(data: bytes) -> int:
    return data[1] + 128 * data[2]


# The readers: each is given bytes that begin with a status of its kind, and trusts nothing else of them.


def _are_two(data: bytes) -> bool:
    return len(data) == 3 and data[1] <= _HIGHEST and data[2] <= _HIGHEST


def _is_one(data: bytes) -> bool:
    return len(data) == 2 and data[1] <= _HIGHEST


def _note_off(data: bytes) -> Message | None:
    if len(data) != 3:
        return None
    status, pitch, velocity = data
    return NoteOff(status - 0x7F, pitch, velocity) if pitch <= _HIGHEST >= velocity else None


def _note_on(data: bytes) -> Message | None:
    if len(data) != 3:
        return None
    status, pitch, velocity = data
    if not pitch <= _HIGHEST >= velocity:
        return None
    return NoteOn(status - 0x8F, pitch, velocity) if velocity else NoteOff(status - 0x8F, pitch)


def _key_pressure(data: bytes) -> Message | None:
    return KeyPressure(data[0] - 0x9F, data[1], data[2]) if _are_two(data) else None


def _control(data: bytes) -> Message | None:
    if not _are_two(data):
        return None
    channel, number, value = data[0] - 0xAF, data[1], data[2]
    if number == SUSTAIN:
        return Sustain(channel, value)
    if number >= _NOTES_OFF:
        return NotesOff(channel, number, value)
    if number == _SOUND_OFF:
        return SoundOff(channel, value)
    if number == _RESET_CONTROLLERS:
        return ControllersReset(channel, value)
    return Control(channel, number, value)


def _program(data: bytes) -> Message | None:
    return Program(data[0] - 0xBF, data[1]) if _is_one(data) else None


def _pressure(data: bytes) -> Message | None:
    return Pressure(data[0] - 0xCF, data[1]) if _is_one(data) else None


def _bend(data: bytes) -> Message | None:
    return Bend(data[0] - 0xDF, _whole(data) - _CENTRE) if _are_two(data) else None


def _exclusive(data: bytes) -> Message | None:
    inside = data[1:-1]
    return Exclusive(inside) if data[1:].endswith(b"\xf7") and inside.isascii() else None


def _time_code(data: bytes) -> Message | None:
    return TimeCode(data[1]) if _is_one(data) else None


def _song_position(data: bytes) -> Message | None:
    return SongPosition(_whole(data)) if _are_two(data) else None


def _song_select(data: bytes) -> Message | None:
    return SongSelect(data[1]) if _is_one(data) else None


def _nothing(_data: bytes) -> Message | None:
    return None


def _constant(message: Message) -> Callable[[bytes], Message | None]:
    return lambda data: message if len(data) == 1 else None


_SYSTEM: Final[dict[int, Callable[[bytes], Message | None]]] = {
    0xF0: _exclusive,
    0xF1: _time_code,
    0xF2: _song_position,
    0xF3: _song_select,
} | {
    message.encode()[0]: _constant(message)
    for message in (TuneRequest(), Clock(), Start(), Continue(), Stop(), Sensing(), Reset())
}
_OF_CHANNEL: Final = (
    _note_off, _note_on, _key_pressure, _control, _program, _pressure, _bend,
)  # fmt: skip
_READERS: Final = (
    *(_nothing for _ in range(0x80)),
    *(reader for reader in _OF_CHANNEL for _ in range(16)),
    *(_SYSTEM.get(status, _nothing) for status in range(0xF0, 0x100)),
)
"""What reads a message, by its first byte."""
