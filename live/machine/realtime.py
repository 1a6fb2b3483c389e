"""What a process asks of the system and of Python before it plays in time.

The only place that knows how Linux, macOS and Windows differ in this.
"""

import ctypes
import gc
import math
import os
import platform
import signal
import sys
from contextlib import suppress
from typing import Any, Final

if sys.platform != "win32":
    import resource

_SWITCH: Final = 0.0002
"""Seconds after which a Python thread that waits gets its turn; the default, 5 ms, can be heard."""

_LAST: Final = 1
_BEHIND: Final = 10
_TIMER_SLACK: Final = 29
_LOCK_TOUCHED: Final = 1 | 2 | 4
"""Memory of now and of later, each page once it is used: whole thread stacks would fill the RAM."""
_COLLAPSE: Final = 25
"""MADV_COLLAPSE, of Linux 6.1 and later."""
_LARGE: Final = 2 << 20
"""Bytes of a large page."""

LIMITS: Final = "/etc/security/limits.d/audio.conf"


def enter(priority: int) -> list[str]:
    """Make this process and the calling thread ready to play in time; threads made later inherit.

    priority: 1 to 99, JACK's own threads have 70 or so. Returns what the system refused, each one
    sentence with the remedy; the process plays on without it. Call it after the imports and before
    the first note, once a process.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(_SWITCH)
    if sys.platform == "linux":
        return _linux(priority)
    if sys.platform == "darwin":
        return _macos()
    if sys.platform == "win32":
        return _windows()
    return []


def attend(priority: int) -> None:
    """Let the calling thread answer at once in a process that has other things to do.

    For a thread that mostly waits: it goes before those without real-time priority, where the
    system grants it; threads and processes that it makes do not.
    """
    sys.setswitchinterval(_SWITCH)
    if sys.platform == "linux":
        _schedule(priority, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK)


def stand_back() -> None:
    """Let the calling thread go behind all that plays, for work that has time.

    It stays before other programs: while it holds Python's lock, what plays may wait for it, and a
    program that is put before it then holds up the music.
    """
    if sys.platform == "linux":
        _schedule(_LAST)


def leave() -> None:
    """Let this process be an ordinary program, whoever made it, and rather go behind others."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(_BEHIND)


def confine(memory: int, seconds: float) -> None:
    """Let this process hold so many bytes of memory in all, and take so much more processor time.

    Beyond the first it is refused memory (on Linux only), beyond the second the system ends it (not on Windows).
    """
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds))
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        # What is reserved and was never touched is in no memory.
        held, reserved = _held()
        _limit(resource.RLIMIT_DATA, reserved + max(memory - held, 0))


def _held() -> tuple[int, int]:
    """Return the bytes that this process holds, and those that Linux counts as its data; 0 if it hides them."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            found = {name: value for name, _, value in (line.partition(":") for line in status)}
        return int(found["VmRSS"].split()[0]) << 10, int(found["VmData"].split()[0]) << 10
    except (OSError, LookupError, ValueError):
        return 0, 0


def overran(returncode: int) -> bool:
    """Return whether a process ended because its processor time was over."""
    return sys.platform != "win32" and returncode == -signal.SIGXCPU


def _limit(kind: int, most: int) -> None:
    if sys.platform != "win32":
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, hard))


def processor() -> str:
    """Return what this machine's processor calls itself."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as said:
        for line in said:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def traced(process: int) -> bool:
    """Return whether a debugger holds a process, where the system tells: then it only seems to hang."""
    if sys.platform == "linux":
        with suppress(OSError), open(f"/proc/{process}/status", encoding="ascii") as status:
            return any(line.split()[1] != "0" for line in status if line.startswith("TracerPid:"))
    return False


def priority_refused() -> str | None:
    """Return why this user gets no real-time priority, with the remedy; None where granted."""
    if sys.platform != "linux":
        return None
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    refused = _schedule(1)
    if refused is None:
        os.sched_setscheduler(0, policy, parameters)
    return refused


def memory_refused() -> str | None:
    """Return why this user may not lock memory, with the remedy; None where it is granted."""
    if sys.platform != "linux":
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    # Locking under a limit would succeed now and make a later allocation fail: rather not.
    if os.geteuid() == 0 or resource.RLIM_INFINITY in (soft, hard):
        return None
    return (
        f"The system may page our memory out, for memory locks are limited to {soft // 1024} KiB: "
        f'add the line "@audio - memlock unlimited" to {LIMITS}, join the group audio, '
        "log in again."
    )


def _linux(priority: int) -> list[str]:
    refused = [_schedule(priority), memory_refused()]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_TIMER_SLACK, 1, 0, 0, 0)
    if refused[1] is None:
        _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
        if hard == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
        libc.mlockall(_LOCK_TOUCHED)
    _gather(libc)
    return [text for text in refused if text]


def _gather(libc: Any) -> None:
    """Put what was allocated so far into large pages: an event after a pause is some 7 % cheaper.

    Where the system will not, the pages stay as they are.
    """
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            areas = [line.split() for line in maps]
    except OSError:
        return
    for span, rights, _, _, file, *_ in areas:
        first, end = (int(address, 16) for address in span.split("-"))
        first, end = -(-first // _LARGE) * _LARGE, end // _LARGE * _LARGE
        if rights == "rw-p" and file == "0" and first < end:
            libc.madvise(first, end - first, _COLLAPSE)


def _schedule(priority: int, policy: int | None = None) -> str | None:
    if sys.platform != "linux":
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_RTPRIO)
    try:
        resource.setrlimit(resource.RLIMIT_RTPRIO, (hard, hard))
        if os.geteuid() and hard != resource.RLIM_INFINITY:
            priority = min(priority, max(hard, 1))
        os.sched_setscheduler(0, policy or os.SCHED_FIFO, os.sched_param(priority))
    except (OSError, ValueError):
        return (
            "The system refuses real-time priority, so notes may come late while the machine is "
            f'busy: add the line "@audio - rtprio 95" to {LIMITS}, join the group audio, '
            "log in again."
        )
    return None


def _macos() -> list[str]:
    user_interactive = 0x21
    libc: Any = ctypes.CDLL(None)
    if libc.pthread_set_qos_class_self_np(user_interactive, 0):
        return [
            "macOS refuses a higher priority, so notes may come late while the machine is busy."
        ]
    return []


def _windows() -> list[str]:
    high_priority = 0x80
    load: Any = ctypes.WinDLL  # type: ignore[attr-defined,unused-ignore]
    load("winmm").timeBeginPeriod(1)
    kernel = load("kernel32")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    refused = []
    if not kernel.SetPriorityClass(process, high_priority):
        refused.append("Windows refuses a higher priority, so notes may come late when it is busy.")
    task = ctypes.c_ulong(0)
    avrt = load("avrt")
    avrt.AvSetMmThreadCharacteristicsW.restype = ctypes.c_void_p
    if not avrt.AvSetMmThreadCharacteristicsW("Pro Audio", ctypes.byref(task)):
        refused.append("Windows' multimedia scheduler refuses us: is its service (MMCSS) running?")
    return refused
