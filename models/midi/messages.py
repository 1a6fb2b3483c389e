"""MIDI messages, and the bytes that each `encode` makes of itself; `decoding` makes messages of bytes.

Channels are 1 to 16, everything else as MIDI has it. All messages are immutable.
"""

from typing import Final

import msgspec

CHANNELS: Final = 16
DRUMS: Final = 10
"""The channel on which General MIDI has drums: its pitches are no pitches."""

SUSTAIN: Final = 64
"""The controller of the sustain pedal."""

SOUND_OFF: Final = 120
RESET_CONTROLLERS: Final = 121
NOTES_OFF: Final = 123
"""The first of those that let all keys come up; the others say something of the channel's mode as well."""

CENTRE: Final = 8192
"""What a wheel sends where it bends nothing."""

_DOWN: Final = 64
"""A switch is on from this value on."""


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
        return self._bytes(0xB0, SOUND_OFF, self.value)


class ControllersReset(_OfChannel, frozen=True):
    """All controllers of the channel go back to where they were at first, the pedal too (121)."""

    value: int = 0

    def encode(self) -> bytes:
        """Return the bytes of this message."""
        return self._bytes(0xB0, RESET_CONTROLLERS, self.value)


class NotesOff(_OfChannel, frozen=True):
    """All keys of the channel come up (123, and 124 to 127, which say something of its mode as well)."""

    number: int = NOTES_OFF
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
        return self._bytes(0xE0, *_halves(self.value + CENTRE))


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


def _halves(value: int) -> tuple[int, int]:
    return value % 128, value // 128
