"""Heartbeats: each thread that others rely on says that it lives, and who watches finds out when one does not.

A process has one `Pulse`, in shared memory, so that another process can watch it. A thread begins with
`begin`, and calls what it got at least once a second.
"""

import contextlib
import struct
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from typing import Final, Protocol

from live.ipc.shared import attached, free

HUNG: Final = 4.0
"""Seconds of silence after which a thread hangs; with a look every half second that is told within five."""
_STEP: Final = 0.6
"""Seconds that count between two looks at most: where we could not look, the whole machine stood still."""
_SLOTS: Final = 32
_LONGEST: Final = 40
_SLOT: Final = struct.Struct(f"<QQd{_LONGEST}s")
"""A count of beats; what the thread is; seconds that it may be silent besides; its name."""
_COUNT: Final = struct.Struct("<Q")
_SPARE: Final = struct.Struct("<d")
_FREE, _VITAL, _USEFUL = 0, 1, 2


class Beat(Protocol):
    """Says that a thread lives."""

    def __call__(self, spare: float = 0.0) -> None:
        """The next one comes within a second, and `spare` seconds more where something is waited for."""


class Stillness:
    """Counts for how long something has stood still while we looked. Threads: one."""

    def __init__(self) -> None:
        self._sign: object = None
        self._looked = time.monotonic()
        self._seconds = 0.0

    def seconds(self, sign: object) -> float:
        """Return for how long `sign` has been the same.

        After a machine has slept everybody is late: between two looks no more counts than a step.
        """
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, _STEP), now
        if sign != self._sign:
            self._sign, self._seconds = sign, 0.0
        else:
            self._seconds += passed
        return self._seconds


class Pulse:
    """The heartbeats of one process.

    name: the memory's. It travels to spawned processes as an argument. Threads: begin() from any.
    """

    def __init__(self, name: str | None = None) -> None:
        self._open(SharedMemory(name, create=True, size=_SLOTS * _SLOT.size))

    def _open(self, memory: SharedMemory) -> None:
        self._memory = memory
        assert memory.buf is not None
        self._bytes = memoryview(memory.buf)
        self._beginning = threading.Lock()
        self._owners: dict[int, object] = {}
        """The thread in each place; another may take it once one has ended."""

    def begin(self, what: str, vital: bool = True) -> Beat:
        """Begin to watch the calling thread; `what` is its name in a sentence.

        vital: whether its process cannot do without it.
        """
        with self._beginning:
            place = self._place(what)
            at = place * _SLOT.size
            count = _COUNT.unpack_from(self._bytes, at)[0] + 1
            kind = _VITAL if vital else _USEFUL
            _SLOT.pack_into(self._bytes, at, count, kind, 0.0, _name(what).encode())
            owner = self._owners[place] = object()

        def beat(spare: float = 0.0) -> None:
            nonlocal count
            if self._owners.get(place) is not owner:
                return
            count += 1
            with contextlib.suppress(ValueError):
                # The memory is let go of while the last threads end.
                _SPARE.pack_into(self._bytes, at + 16, spare)
                _COUNT.pack_into(self._bytes, at, count)

        return beat

    def end(self, what: str) -> None:
        """Stop watching this thread: it has ended well, or is about to."""
        with self._beginning, contextlib.suppress(ValueError):
            for place, _, name, _ in list(self.threads()):
                if name == _name(what):
                    _COUNT.pack_into(self._bytes, place * _SLOT.size + 8, _FREE)
                    self._owners.pop(place, None)

    def clear(self) -> None:
        """Forget all threads: their process is over."""
        self._bytes[:] = bytes(len(self._bytes))

    def threads(self) -> Iterator[tuple[int, bool, str, tuple[int, float]]]:
        """Yield each thread that is watched: its place, whether it is vital, its name, its beat and spare."""
        for place in range(_SLOTS):
            count, kind, spare, name = _SLOT.unpack_from(self._bytes, place * _SLOT.size)
            if kind != _FREE:
                yield place, kind == _VITAL, name.rstrip(b"\0").decode(), (count, spare)

    def _place(self, what: str) -> int:
        taken = {place: name for place, _, name, _ in self.threads()}
        for place, name in taken.items():
            if name == _name(what):
                return place
        return next((place for place in range(_SLOTS) if place not in taken), _SLOTS - 1)

    def close(self) -> None:
        """Let go of the memory in this process; twice does nothing."""
        self._bytes.release()
        self._memory.close()

    def unlink(self) -> None:
        """Free the memory for all; for the process that made it, after it has closed it."""
        free(self._memory)

    def __getstate__(self) -> str:
        return self._memory.name

    def __setstate__(self, name: str) -> None:
        self._open(attached(name))


def _name(what: str) -> str:
    """Return as much of a name as is kept."""
    return what.encode(errors="replace")[:_LONGEST].decode(errors="ignore")


class Watch:
    """Looks at the heartbeats of one process, now and then.

    only: the one thread that is looked at; all where there is none. Threads: one.
    """

    def __init__(self, pulse: Pulse, only: str | None = None) -> None:
        self._pulse = pulse
        self._only = only
        self._still: dict[str, Stillness] = {}
        self._hung: set[str] = set()

    @property
    def hung(self) -> bool:
        """Whether a thread that is not vital hung at the last look."""
        return bool(self._hung)

    def look(self) -> tuple[list[str], list[str]]:
        """Return the vital threads that hang now, and messages about the others."""
        threads = [one for one in self._pulse.threads() if self._only in (None, one[2])]
        names = {name for _, _, name, _ in threads}
        self._still = {name: one for name, one in self._still.items() if name in names}
        self._hung &= names
        vital, texts = [], []
        silent = {
            name: self._still.setdefault(name, Stillness()).seconds(count) - spare
            for _, _, name, (count, spare) in threads
        }
        # Where it is the process that stands still, that is not told of each of its threads.
        stands = any(is_vital and silent[name] > HUNG / 2 for _, is_vital, name, _ in threads)
        for _, is_vital, name, _ in threads:
            hangs = silent[name] > HUNG
            if hangs and is_vital:
                vital.append(name)
            elif hangs and stands:
                continue
            elif hangs and name not in self._hung:
                self._hung.add(name)
                texts.append(f"{name[:1].upper()}{name[1:]} has not answered for {HUNG:g} seconds.")
            elif not hangs and name in self._hung:
                self._hung.discard(name)
                texts.append(f"{name[:1].upper()}{name[1:]} answers again.")
        return vital, texts


_ours: list[Pulse] = []
"""This process's pulse, once it is known."""


def adopt(pulse: Pulse) -> None:
    """Make a pulse that of this process. Threads: main, before all others."""
    _ours[:] = [pulse]


def begin(what: str, vital: bool = True) -> Beat:
    """Begin to watch the calling thread, where this process has a pulse; see `Pulse.begin`."""
    return _ours[0].begin(what, vital) if _ours else _unwatched


def end(what: str) -> None:
    """Stop watching a thread of this process."""
    if _ours:
        _ours[0].end(what)


def _unwatched(spare: float = 0.0) -> None:
    pass


def again(what: str, run: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Run a thread's work, and run it again where it fails: the player is told, the rest goes on.

    what: its name in a sentence.
    """
    while True:
        try:
            run()
        except Exception as error:  # noqa: BLE001  whatever it is, others rely on this thread
            tell(f"{what[:1].upper()}{what[1:]} failed ({error!r}) and was started again.")
            time.sleep(_STEP)
        else:
            return
