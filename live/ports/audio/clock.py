"""`time.monotonic()` for compiled code: a function of the system, by its address."""

import ctypes
import sys
import time
from typing import Any, NamedTuple

from live.machine.code import address_of


class Clock(NamedTuple):
    """Call `address` with two arguments; what it leaves at `found`, two numbers, counts by `units` in seconds."""

    address: int
    first: int
    second: int
    units: tuple[float, float]


def clock(found: int) -> Clock:
    """Return the system's clock, which leaves what it finds at the address `found`."""
    if sys.platform == "win32":
        load: Any = ctypes.WinDLL  # type: ignore[attr-defined,unused-ignore]
        kernel = load("kernel32")
        frequency = ctypes.c_int64()
        kernel.QueryPerformanceFrequency(ctypes.byref(frequency))
        return Clock(
            address_of(kernel.QueryPerformanceCounter), found, 0, (1.0 / frequency.value, 0.0)
        )
    # The one that stands still while a Mac sleeps, as time.monotonic() does there.
    which = getattr(time, "CLOCK_UPTIME_RAW", None) or time.CLOCK_MONOTONIC
    return Clock(address_of(ctypes.CDLL(None).clock_gettime), which, found, (1.0, 1e-9))
