"""MIDI files put together byte by byte, so that they may be as wrong as strangers' are."""

import struct
from pathlib import Path

from models.midi.messages import Message

BEAT = 96
"""Ticks."""
Content = tuple[int, Message | bytes]
"""What comes after so many ticks: a message, or the bytes of anything else."""


def number(value: int) -> bytes:
    """Return a number of variable length."""
    found = [value % 128]
    while value := value // 128:
        found.insert(0, value % 128 + 128)
    return bytes(found)


def meta(kind: int, content: bytes = b"") -> bytes:
    return bytes((255, kind)) + number(len(content)) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">L", len(content)) + content


def track(*contents: Content, end: int = 0) -> bytes:
    played = b"".join(
        number(delta) + (one if isinstance(one, bytes) else one.encode()) for delta, one in contents
    )
    return chunk(b"MTrk", played + number(end) + meta(0x2F))


def midi(*tracks: bytes, kind: int = 1, division: int = BEAT, count: int | None = None) -> bytes:
    wanted = len(tracks) if count is None else count
    return chunk(b"MThd", struct.pack(">HHH", kind, wanted, division)) + b"".join(tracks)


def tempo(microseconds: int) -> bytes:
    return meta(0x51, microseconds.to_bytes(3, "big"))


def metre(numerator: int, power: int) -> bytes:
    return meta(0x58, bytes((numerator, power, 24, 8)))


def written(folder: Path, *tracks: bytes, kind: int = 1) -> Path:
    path = folder / "file.mid"
    path.write_bytes(midi(*tracks, kind=kind))
    return path
