"""Bytes to MIDI messages, the other way of their `encode`. A note-on of velocity 0 is a note-off."""

from collections.abc import Callable
from typing import Final

from models.midi.messages import (
    CENTRE,
    NOTES_OFF,
    RESET_CONTROLLERS,
    SOUND_OFF,
    SUSTAIN,
    Bend,
    Clock,
    Continue,
    Control,
    ControllersReset,
    Exclusive,
    KeyPressure,
    Message,
    NoteOff,
    NoteOn,
    NotesOff,
    Pressure,
    Program,
    Reset,
    Sensing,
    SongPosition,
    SongSelect,
    SoundOff,
    Start,
    Stop,
    Sustain,
    TimeCode,
    TuneRequest,
)

_HIGHEST: Final = 127
"""Data bytes end here; what is above is a status."""


def decode(data: bytes) -> Message | None:
    """Return the message that bytes are, or None where they are not exactly one."""
    return _READERS[data[0]](data) if data else None


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
    if number >= NOTES_OFF:
        return NotesOff(channel, number, value)
    if number == SOUND_OFF:
        return SoundOff(channel, value)
    if number == RESET_CONTROLLERS:
        return ControllersReset(channel, value)
    return Control(channel, number, value)


def _program(data: bytes) -> Message | None:
    return Program(data[0] - 0xBF, data[1]) if _is_one(data) else None


def _pressure(data: bytes) -> Message | None:
    return Pressure(data[0] - 0xCF, data[1]) if _is_one(data) else None


def _bend(data: bytes) -> Message | None:
    return Bend(data[0] - 0xDF, _whole(data) - CENTRE) if _are_two(data) else None


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
