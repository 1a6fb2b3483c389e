"""Sound between two processes: a ring of samples in shared memory that a callback can read.

The engine writes, one block of one voice after the other; the ports' callback reads, mixes and counts.
Neither waits for the other, neither allocates, and each writes only its own fields. The fields are
plain numbers in a numpy record, so that compiled code can be handed their address.
"""

import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FRAMES: Final = 1 << 15
"""How many frames a ring holds, more than anybody's latency: a power of two."""

HEADER: Final = np.dtype(
    {
        "names": [
            # The engine's.
            "written", "sounding", "gain", "pan", "ended",
            # The ports'.
            "read", "rate", "period", "late", "missing", "heard_at", "heard",
        ],
        "formats": [
            "i8", "i8", "f8", "f8", "i8",
            "i8", "i8", "i8", "i8", "i8", "f8", "i8",
        ],
        "offsets": [
            0, 8, 16, 24, 32,
            128, 136, 144, 152, 160, 168, 176,
        ],
        "itemsize": 256,
    }
)  # fmt: skip
"""The engine's fields are in one cache line, the ports' in another.

written: frames that were ever written. sounding: 1 while the voice means to be heard, so that an empty
ring is a late block and not a rest. gain: linear, pan: -1 to 1, both where they are going; the
callback smooths them. ended: 1 when the voice is over for good.
read: frames that were ever taken. rate: frames a second of what plays, 0 while nothing does. period: frames
it takes at a time. late: periods for which frames were missing; missing: how many. heard_at: the
`time.monotonic()` at which frame number `heard` leaves for the speakers.
"""


class SoundRing:
    """One voice's sound on its way, mono float32 at the rate of what plays.

    It travels to spawned processes as an argument. Threads: one writer, one reader.
    """

    def __init__(self, name: str | None = None) -> None:
        size = HEADER.itemsize + FRAMES * 4
        self._open(SharedMemory(name, create=True, size=size))

    def _open(self, memory: SharedMemory) -> None:
        self._memory = memory
        self.header: NDArray[Any] = np.ndarray((1,), HEADER, memory.buf)
        self.frames: NDArray[np.float32] = np.ndarray(
            (FRAMES,), np.float32, memory.buf, HEADER.itemsize
        )

    def waiting(self) -> int:
        """Return how many frames were written and not read yet."""
        return int(self.header["written"][0] - self.header["read"][0])

    def write(self, block: NDArray[np.float32]) -> bool:
        """Hand over a block; False, and nothing is written, where there is no room for it."""
        count = len(block)
        if self.waiting() + count > FRAMES:
            return False
        written = int(self.header["written"][0])
        start = written % FRAMES
        first = min(count, FRAMES - start)
        self.frames[start : start + first] = block[:first]
        self.frames[: count - first] = block[first:]
        self.header["written"][0] = written + count
        return True

    def time_of(self, frame: int) -> float:
        """Return the `time.monotonic()` at which a frame will be heard; the ring's rate is known by then."""
        header = self.header[0]
        return float(header["heard_at"] + (frame - header["heard"]) / header["rate"])

    def close(self) -> None:
        """Let go of the memory in this process; twice does nothing."""
        self.__dict__.pop("header", None)
        self.__dict__.pop("frames", None)
        self._memory.close()

    def unlink(self) -> None:
        """Free the memory for all; for the process that made the ring, after it has closed it."""
        self._memory.unlink()

    def __getstate__(self) -> str:
        return self._memory.name

    def __setstate__(self, name: str) -> None:
        if sys.version_info >= (3, 13):
            self._open(SharedMemory(name=name, track=False))
        else:
            # Spawned processes share their parent's tracker, which counts each name once.
            self._open(SharedMemory(name=name))
