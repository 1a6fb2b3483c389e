"""Memory that a process can do without, and where in memory an array lies."""

import ctypes
import sys
from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_PAGEOUT: Final = 21
"""MADV_PAGEOUT, of Linux 5.4 and later."""


def shed(library: str) -> None:
    """Let go of the pages of a library that has done its work; whoever needs one has it again.

    To be called before pages are locked. Does nothing where the system cannot.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    with suppress(OSError), open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            if library in line:
                begin, end = (int(place, 16) for place in line.split()[0].split("-"))
                libc.madvise(begin, end - begin, _PAGEOUT)


def address(array: NDArray[np.generic]) -> int:
    """Return where an array's numbers begin; whoever is told keeps the array."""
    data: Any = array.__array_interface__["data"]
    return int(data[0])
