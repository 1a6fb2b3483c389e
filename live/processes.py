"""The daemon's processes: started afresh, watched and ended; none outlives it for long.

Signals are control's alone: a Ctrl-C reaches every process of a terminal and a service manager's
SIGTERM every process of a service, and the note-offs have to be sent after that.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from live.ring import Ring
from live.wire import Trouble
from models.contract.errors import ExtempoError

FAILED: Final = 3
"""Exit status of a process that could not do its work and said why."""
HUNG: Final = 5.0
"""Seconds for which a process may leave what it is sent unread."""
_STEP: Final = 1.0
_MEANWHILE: Final = 0.01
_GRACE: Final = 2.0
"""Seconds between the last message to an orphan and its end."""
_OURS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP")
    if hasattr(signal, name)
)


class Inbox:
    """Says for how long a process has left lying what it was sent. Threads: one."""

    def __init__(self, rings: tuple[Ring[Any], ...]) -> None:
        self._rings = rings
        self._taken = self._count()
        self._begun = False
        self._looked = time.monotonic()
        self._lies = 0.0

    def lies_for(self) -> float:
        """Return seconds, counted between calls; 0 for a process that has not begun to read."""
        now, taken = time.monotonic(), self._count()
        # Where we could not look ourselves, the whole machine stood still.
        passed, self._looked = min(now - self._looked, _STEP), now
        if taken != self._taken or not any(map(len, self._rings)):
            self._begun = self._begun or taken != self._taken
            self._taken, self._lies = taken, 0.0
        elif self._begun:
            self._lies += passed
        return self._lies

    def _count(self) -> int:
        return sum(ring.taken for ring in self._rings)


class Part:
    """One process: `target` is `module:function`, which is imported there and not here.

    inbox: the rings that it reads. news: the ring on which an ExtempoError is told as a Trouble.
    orphaned: after so many seconds without the daemon, the ring and the message that make the
    process end by itself. life: a socket that the process only holds, so that its peer sees when it
    ends. Threads: one.
    """

    def __init__(
        self,
        name: str,
        target: str,
        args: tuple[Any, ...],
        inbox: tuple[Ring[Any], ...],
        news: Ring[Any],
        orphaned: tuple[float, Ring[Any], Any],
        life: socket.socket | None = None,
    ) -> None:
        self.name = name
        self._inbox = Inbox(inbox)
        self._hung = False
        self._process = multiprocessing.get_context("spawn").Process(
            target=_run,
            args=(name, target, args, news, orphaned, life),
            name=f"extempo {name}",
            daemon=True,
        )

    def start(self) -> None:
        """Start the process; it is not waited for."""
        with signals_held():
            self._process.start()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    @property
    def sentinel(self) -> int:
        """What `multiprocessing.connection.wait` takes to wait for its end."""
        return self._process.sentinel

    @property
    def died(self) -> bool:
        """Whether it ended without meaning to."""
        return self._process.exitcode not in (None, 0, FAILED)

    @property
    def cause(self) -> str:
        """How it ended, in words that follow its name."""
        if self._hung:
            return "hung and was ended"
        code = self._process.exitcode or 0
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return "ended" if code in (0, FAILED) else f"died with status {code}"

    def end_if_hung(self) -> None:
        """Kill it if it lives and does not read any more; to be called again and again."""
        if self.alive and self._inbox.lies_for() > HUNG:
            self._hung = True
            self._process.kill()
            self._process.join(1.0)

    def end(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Wait until it has ended by itself; kill it after so long. False if it was killed.

        meanwhile: called again and again; takes what the process still says.
        """
        if self._process.pid is None:
            return True
        ends = time.monotonic() + seconds
        while self._process.is_alive() and (left := ends - time.monotonic()) > 0:
            self._process.join(min(left, _MEANWHILE))
            meanwhile()
        if not self._process.is_alive():
            return True
        self._process.kill()
        # Not for ever: a driver may hold it.
        self._process.join(1.0)
        return False


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold our signals back: a process that is started here hears none before it ignores them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(
    name: str,
    target: str,
    args: tuple[Any, ...],
    news: Ring[Any],
    orphaned: tuple[float, Ring[Any], Any],
    life: socket.socket | None,
) -> None:
    for number in _OURS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
    with contextlib.suppress(OSError):
        # What `top` and `killall` call us, where there is /proc.
        Path("/proc/self/comm").write_text(f"extempo-{name}")
    threading.Thread(target=_watch, args=orphaned, name="orphaned", daemon=True).start()
    module, _, function = target.partition(":")
    status = 0
    try:
        getattr(importlib.import_module(module), function)(*args)
    except ExtempoError as error:
        news.put(Trouble(code=module.split(".")[1], text=str(error)))
        status = FAILED
    finally:
        if life is not None:
            life.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # Native threads may still run, and an orderly end would pull their libraries from under them.
    os._exit(status)


def _watch(seconds: float, ring: Ring[Any], message: Any) -> None:
    """Wait for the daemon's end; the music plays on for a while, then this process ends."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    time.sleep(seconds)
    # The ring's writer is gone, or does not answer any more: nobody else writes.
    ring.put(message)
    time.sleep(_GRACE)
    os._exit(FAILED)
