"""Sound between two processes: a ring of samples in shared memory that a callback can read.

The engine writes, one block of one voice after the other; the ports' callback reads, mixes and counts.
Neither waits for the other, neither allocates, and each writes only its own fields. The fields are
plain numbers in a numpy record, so that compiled code can be handed their address.

What comes in goes the other way through the same kind of ring: there the ports write and the
engine looks back at the last that came in.
"""

import time
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ipc.shared import attached, free

FRAMES: Final = 1 << 15
"""Frames that a voice's ring holds, more than any device's latency: a power of two."""
CAPTURED: Final = 1 << 20
"""How many the ring of what comes in holds, 5 seconds at 192 kHz: a power of two."""
_TRIES: Final = 100
_OFTEN: Final = 0.01

HEADER: Final = np.dtype(
    {
        "names": [
            # The engine's.
            "written", "sounding", "gain", "pan", "ended",
            # The ports'.
            "read", "rate", "period", "late", "missing", "heard_at", "heard", "turn", "refused",
        ],
        "formats": [
            "i8", "i8", "f8", "f8", "i8",
            "i8", "i8", "i8", "i8", "i8", "f8", "i8", "i8", "i8",
        ],
        "offsets": [
            0, 8, 16, 24, 32,
            128, 136, 144, 152, 160, 168, 176, 184, 192,
        ],
        "itemsize": 256,
    }
)  # fmt: skip
"""The engine's fields are in one cache line, the ports' in another.

written: frames that were ever written. sounding: 1 while the voice means to be heard, so that an empty
ring is a late block and not a rest; set it after the first frames are written. gain: linear, pan: -1 to 1,
both where they are going; the callback smooths them. ended: 1 when the voice is over for good.
read: frames that were ever taken. rate: frames a second of what plays, 0 while nothing does; where it
changes, what waits is dropped. period: frames it takes at a time. late: periods for which frames were
missing; missing: how many. heard_at: the `time.monotonic()` at which frame number `heard` leaves for
the speakers; turn: odd while those two are written, and higher afterwards. refused: samples that were
no numbers, or absurdly loud, and were not let through.

In the ring of what comes in, `written`, `rate` and `period` are the ports', and `written` goes on over
what nobody has read; it holds the last that came in. `sounding` is the engine's wish to listen: a
microphone is open only then. Where JACK plays, its input is always open. `refused` is 1 there while the
engine listens and no input can be opened, after the ports have told the player why.
"""


class Blocks:
    """Blocks of one voice's float32 sound on their way, in the memory of one process.

    frames: [length], or [length, 2] for stereo; length is a power of two. Threads: one writer, one reader.
    """

    def __init__(self, frames: NDArray[np.float32]) -> None:
        self.header: NDArray[Any] = np.zeros(1, HEADER)
        self.frames = frames

    def waiting(self) -> int:
        """Return how many frames were written and not read yet."""
        return int(self.header["written"][0] - self.header["read"][0])

    def write(self, block: NDArray[np.float32]) -> bool:
        """Hand over a block; False, and nothing is written, where there is no room for it."""
        count = len(block)
        length = len(self.frames)
        if self.waiting() + count > length:
            return False
        written = int(self.header["written"][0])
        start = written % length
        first = min(count, length - start)
        self.frames[start : start + first] = block[:first]
        self.frames[: count - first] = block[first:]
        self.header["written"][0] = written + count
        return True

    def time_of(self, frame: int) -> float:
        """Return the `time.monotonic()` at which a frame will be heard; the ring's rate is known by then."""
        header = self.header
        heard_at, heard = 0.0, 0
        # Who writes needs nanoseconds, but may be killed in the middle.
        for _ in range(_TRIES):
            turn = int(header["turn"][0])
            heard_at, heard = float(header["heard_at"][0]), int(header["heard"][0])
            if turn % 2 == 0 and turn == int(header["turn"][0]):
                break
        return heard_at + (frame - heard) / float(header["rate"][0])


class SoundRing(Blocks):
    """One voice's sound on its way between processes, mono, at the rate of what plays.

    length: how many frames it holds, a power of two. It travels to spawned processes as an argument.
    """

    def __init__(self, name: str | None = None, length: int = FRAMES) -> None:
        size = HEADER.itemsize + length * 4
        self._open(SharedMemory(name, create=True, size=size), length)

    def _open(self, memory: SharedMemory, length: int) -> None:
        self._memory = memory
        self.header = np.ndarray((1,), HEADER, memory.buf)
        self.frames = np.ndarray((length,), np.float32, memory.buf, HEADER.itemsize)

    def listen(self, seconds: float, patience: float = 3.0) -> NDArray[np.float32] | None:
        """Return the last so many seconds of what came in, [frames]; three quarters of the ring at most.

        It comes from the past where the input is open already, else it is opened and listened to for so
        long, and waited for `patience` seconds more at most: no frames where nothing came. None where
        it cannot be opened, which the ports have told. For threads of the reader that may wait.
        """
        header, length = self.header, len(self.frames)
        opened, begin = int(header["rate"][0]) > 0, int(header["written"][0])
        end = time.monotonic() + patience + seconds
        while time.monotonic() < end:
            # Again and again: another thread that listens may have ended.
            header["sounding"] = 1
            rate, written = int(header["rate"][0]), int(header["written"][0])
            heard = round(seconds * rate)
            count = min(heard, length * 3 // 4)
            if rate and (written >= count if opened else written - begin >= heard):
                header["sounding"] = 0
                return self.frames[np.arange(written - count, written) % length]
            if header["refused"][0]:
                header["sounding"] = 0
                return None
            time.sleep(_OFTEN)
        header["sounding"] = 0
        return self.frames[:0].copy()

    def close(self) -> None:
        """Let go of the memory in this process; twice does nothing."""
        self.__dict__.pop("header", None)
        self.__dict__.pop("frames", None)
        self._memory.close()

    def unlink(self) -> None:
        """Free the memory for all; for the process that made the ring, after it has closed it."""
        free(self._memory)

    def __getstate__(self) -> tuple[str, int]:
        return self._memory.name, len(self.frames)

    def __setstate__(self, state: tuple[str, int]) -> None:
        name, length = state
        self._open(attached(name), length)
