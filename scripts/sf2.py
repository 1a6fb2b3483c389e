"""The SoundFont 2 format, as much of it as cutting one instrument out of a large file needs."""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float64]
Zones = list[list[tuple[int, int]]]


class Tone(NamedTuple):
    """One sample, at -1..1, that loops between two of its points.

    `decay`, in dB a second, was taken out of it; the envelope puts it back.
    """

    name: str
    root: int
    rate: int
    audio: Audio
    loop: tuple[int, int]
    decay: float


class SoundFont:
    """The chunks of an SF2 file, mapped rather than read: the original has 490 MB."""

    def __init__(self, path: Path) -> None:
        self._data = np.memmap(path, dtype=np.uint8, mode="r")
        self._chunks: dict[bytes, tuple[int, int]] = {}
        for name, start, size in self._walk(12, len(self._data)):
            if name == b"LIST":
                for inner, at, length in self._walk(start + 4, start + size):
                    self._chunks[inner] = (at, length)

    def _walk(self, at: int, end: int) -> list[tuple[bytes, int, int]]:
        found = []
        while at < end:
            name = self._data[at : at + 4].tobytes()
            size = int.from_bytes(self._data[at + 4 : at + 8].tobytes(), "little")
            found.append((name, at + 8, size))
            at += 8 + size + size % 2
        return found

    def records(self, chunk: bytes, layout: str) -> list[tuple[Any, ...]]:
        """All records of a chunk of the `pdta` list."""
        at, size = self._chunks[chunk]
        return list(struct.iter_unpack("<" + layout, self._data[at : at + size].tobytes()))

    def samples(self, start: int, end: int) -> Audio:
        """Sample points as -1..1."""
        at = self._chunks[b"smpl"][0]
        return self._data[at + 2 * start : at + 2 * end].view("<i2").astype(np.float64) / 32768


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded to an even size."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def text(name: bytes, value: str) -> bytes:
    """A RIFF chunk of text, ended by a zero."""
    return chunk(name, value.encode() + (b"\0" if len(value) % 2 else b"\0\0"))


def sample_headers(tones: list[Tone]) -> tuple[bytes, bytes]:
    """All samples' headers and points; the format wants 46 zeros between two samples."""
    headers, points, at = b"", [], 0
    for tone in tones:
        start, end = tone.loop
        name = tone.name.encode()
        headers += struct.pack(
            "<20sIIIIIBbHH", name, at, at + len(tone.audio), at + start, at + end, tone.rate,
            tone.root, 0, 0, 1,
        )  # fmt: skip
        points += [np.round(32767 * tone.audio).astype("<i2"), np.zeros(46, "<i2")]
        at += len(tone.audio) + 46
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    return headers, b"".join(p.tobytes() for p in points)


def write(
    path: Path, name: str, comment: str, rights: str, tones: list[Tone], zones: Zones
) -> None:
    """One instrument as bank 0, program 0; a zone is its generators in the format's order."""
    headers, points = sample_headers(tones)
    starts = np.cumsum([0, *map(len, zones)])
    version = chunk(b"ifil", struct.pack("<HH", 2, 1)) + text(b"isng", "EMU8000")
    about = text(b"INAM", name) + text(b"ICOP", rights) + text(b"ICMT", comment)
    body = chunk(b"LIST", b"INFO" + version + about)
    body += chunk(b"LIST", b"sdta" + chunk(b"smpl", points))
    presets = struct.pack("<20sHHHIII", name.encode(), 0, 0, 0, 0, 0, 0)
    presets += struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0)
    instruments = struct.pack("<20sH20sH", name.encode(), 0, b"EOI", len(zones))
    settings = b"".join(
        struct.pack("<HH", op, value & 0xFFFF) for zone in zones for op, value in zone
    )
    parts = {
        b"phdr": presets,
        b"pbag": struct.pack("<4H", 0, 0, 1, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<4H", 41, 0, 0, 0),
        b"inst": instruments,
        b"ibag": b"".join(struct.pack("<HH", int(start), 0) for start in starts),
        b"imod": bytes(10),
        b"igen": settings + bytes(4),
        b"shdr": headers,
    }
    body += chunk(b"LIST", b"pdta" + b"".join(chunk(key, part) for key, part in parts.items()))
    path.write_bytes(chunk(b"RIFF", b"sfbk" + body))
