"""The machine that a bench ran on: what it is, what we were granted, and who else used it."""

import contextlib
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from live.bench.apart import ENGINE, alone
from live.machine import realtime

_LIBRARIES: Final = (
    "extempo",
    "numpy",
    "onnxruntime",
    "msgspec",
    "JACK-Client",
    "python-rtmidi",
    "llvmlite",
    "soxr",
    "torch",
)
_LOOK: Final = 1.0
"""Seconds over which the others are watched."""
_SHARE: Final = 0.05
"""Programs that used less of a processor than this are not named."""


def describe() -> dict[str, Any]:
    """Return the machine, its software, and what the system grants a process that plays."""
    return {
        "cpu": realtime.processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "system": platform.system(),
        "kernel": f"{platform.release()} {platform.version()}",
        "python": platform.python_version(),
        "versions": dict(_versions()),
        "realtime": alone(ENGINE, _granted, ENGINE),
    }


def others() -> dict[str, Any]:
    """Return the load averages, and who else used the processors during a second of our silence."""
    found: dict[str, Any] = {}
    if hasattr(os, "getloadavg"):
        found["load_average"] = [round(load, 2) for load in os.getloadavg()]
    if sys.platform == "linux":
        before = _used()
        time.sleep(_LOOK)
        after = _used()
        ticks = os.sysconf("SC_CLK_TCK") * _LOOK
        shares: Counter[str] = Counter()
        for pid, (used, name) in after.items():
            shares[name] += used - before.get(pid, (used, ""))[0]
        found["others"] = {
            name: round(used / ticks, 2)
            for name, used in shares.most_common()
            if used / ticks >= _SHARE
        }
    return found


def _versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            yield name, metadata.version(name)


def _granted(priority: int) -> str:
    """Return the class that this process was given."""
    if sys.platform == "linux":
        policy = os.sched_getscheduler(0)
        if policy == os.SCHED_FIFO:
            return f"FIFO {os.sched_getparam(0).sched_priority}"
        return f"ordinary: {realtime.priority_refused() or 'not asked for'}"
    refused = realtime.enter(priority)
    return " ".join(refused) or "granted"


def _used() -> dict[int, tuple[int, str]]:
    """Return the ticks of processor time, and the name, of every other process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            fields = rest.split()
            found[int(entry.name)] = int(fields[11]) + int(fields[12]), name
    found.pop(os.getpid(), None)
    return found
