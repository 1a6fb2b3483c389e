#!/usr/bin/env python3
"""Listen to extempo's sound stream (docs/sound-stream.md): show its level, or keep it as a file.

    extempo play ... --stream 7703
    python scripts/sound_client.py 7703                  levels, until Ctrl-C
    python scripts/sound_client.py 7703 take.wav -s 10   ten seconds as a file

Needs numpy, and soundfile for a file. Nothing of extempo: to be copied into other programs.
"""

import argparse
import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

GREETING = struct.Struct("<4sHHII")
HEAD = struct.Struct("<QQ")


class Stream:
    """A connection: `rate`, `channels`, `block` as the server says, and blocks one after the other."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._connection = socket.create_connection((host, port))
        self._file = self._connection.makefile("rb")
        magic, version, self.channels, self.rate, self.block = GREETING.unpack(
            self._exactly(GREETING.size)
        )
        if magic != b"XSND" or version != 1:
            raise SystemExit(f"Port {port} is no sound stream of a version that is known here.")

    def blocks(self) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Yield each block's number, its first frame's number and its sound [frames, channels]."""
        with contextlib.suppress(EOFError):
            while True:
                number, frame = HEAD.unpack(self._exactly(HEAD.size))
                data = self._exactly(4 * self.block * self.channels)
                yield number, frame, np.frombuffer(data, "<f4").reshape(-1, self.channels)

    def close(self) -> None:
        """End it."""
        self._file.close()
        self._connection.close()

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise EOFError("the stream is over")
        return data


def level(block: NDArray[Any]) -> str:
    """Return each channel's peak as text, in decibels below full scale."""
    peaks = np.maximum(np.abs(block).max(axis=0), 1e-5)
    return "  ".join(f"{20 * np.log10(peak):6.1f} dB" for peak in peaks)


def main() -> None:
    """Read the command line, and listen."""
    parser = argparse.ArgumentParser(description="Listen to extempo's sound stream.")
    parser.add_argument("port", type=int)
    parser.add_argument("file", nargs="?", help="a .wav or .flac file; none shows levels")
    parser.add_argument("-s", "--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    try:
        stream = Stream(options.port)
    except OSError as error:
        sys.exit(f"Port {options.port} gives no sound ({error}): start extempo with --stream.")
    blocks_a_second = stream.rate / stream.block
    print(f"{stream.channels} channels, {stream.rate} Hz, {stream.block} frames a block")
    file = None
    if options.file:
        import soundfile

        file = soundfile.SoundFile(options.file, "w", stream.rate, stream.channels, "PCM_24")
    with contextlib.suppress(KeyboardInterrupt):
        for number, _, block in stream.blocks():
            if number >= options.seconds * blocks_a_second:
                break
            if file is not None:
                file.write(block)
            elif number % round(blocks_a_second / 10) == 0:
                print(level(block))
    if file is not None:
        file.close()
    stream.close()


if __name__ == "__main__":
    main()
