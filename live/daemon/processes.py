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

from live.ipc import pulse
from live.ipc.news import Trouble
from live.ipc.pulse import Pulse, Watch
from live.ipc.ring import Ring
from live.machine import realtime
from models.contract.errors import ExtempoError

DAEMON: Final = "the daemon"
"""The name of the thread that watches the others."""
FAILED: Final = 3
"""Exit status of a process that could not do its work and said why."""
_OFTEN: Final = 0.5
_STARTS: Final = 30.0
"""Seconds that a library may take to load, while which nothing else of a process runs."""
_MEANWHILE: Final = 0.01
_GRACE: Final = 2.0
"""Seconds between the last message to an orphan and its end."""
_OURS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP")
    if hasattr(signal, name)
)


class Child:
    """One process: `target` is `module:function`, which is imported there and not here.

    hearts: its heartbeats, and those of the daemon. news: the ring on which an ExtempoError is told
    as a Trouble. orphaned: after so many seconds without the daemon, the ring and the message that
    make the process end by itself. life: a socket that the process only holds, so that its peer sees
    when it ends. Threads: one.
    """

    def __init__(
        self,
        name: str,
        target: str,
        args: tuple[Any, ...],
        hearts: tuple[Pulse, Pulse],
        news: Ring[Any],
        orphaned: tuple[float, Ring[Any], Any],
        life: socket.socket | None = None,
    ) -> None:
        self.name = name
        hearts[0].clear()
        self._watch = Watch(hearts[0])
        self._hung = self._held = False
        self._process = multiprocessing.get_context("spawn").Process(
            target=_run,
            args=(name, target, args, hearts, news, orphaned, life),
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
        """Whether it ended unexpectedly."""
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

    def end_if_hung(self) -> list[str]:
        """Kill it if it lives and hangs; return messages about it. To be called regularly."""
        if not self.alive:
            return []
        vital, texts = self._watch.look()
        if not vital:
            self._held = False
        elif realtime.traced(self._process.pid or 0):
            if not self._held:
                self._held = True
                texts.append(f"The {self.name} process is held by a debugger: it is left alone.")
        else:
            self._hung = True
            self._process.kill()
            self._process.join(1.0)
        return texts

    def end(self, ends: Callable[[], float], meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Wait until it has ended by itself; kill it where it has not. False if it was killed.

        ends: returns until when, in `time.monotonic()` seconds; asked again and again. meanwhile:
        called again and again; takes what the process still says.
        """
        if self._process.pid is None:
            return True
        while self._process.is_alive() and (left := ends() - time.monotonic()) > 0:
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
    """Block our signals: a process that is started meanwhile gets none before it ignores them."""
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
    hearts: tuple[Pulse, Pulse],
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
    pulse.adopt(hearts[0])
    watching = threading.Thread(
        target=_watch, args=(name, *hearts, *orphaned), name="orphaned", daemon=True
    )
    watching.start()
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
    for stream in (sys.stdout, sys.stderr):
        # There is none where it was closed as Python began, and its disk may be full.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    # Native threads may still run, and an orderly end would pull their libraries from under them.
    os._exit(status)


def _watch(
    name: str, ours: Pulse, theirs: Pulse, seconds: float, ring: Ring[Any], message: Any
) -> None:
    """Wait for the daemon's end; the music plays on for a while, then this process ends."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    starts = f"the start of {name}"
    begins = ours.begin(starts)
    beat = ours.begin(f"the watch over the daemon by {name}", vital=False)
    watch = Watch(theirs, DAEMON)
    while parent.is_alive():
        begins(_STARTS)
        beat()
        if any(vital and one != starts for _, vital, one, _ in ours.threads()):
            # Those that play have begun, and are watched themselves.
            ours.end(starts)
        if name == "ports":
            tell_of_daemon(watch)
        parent.join(_OFTEN)
    time.sleep(seconds)
    # The ring's writer is gone, or does not answer any more: nobody else writes.
    ring.put(message)
    time.sleep(_GRACE)
    os._exit(FAILED)


def tell_of_daemon(watch: Watch) -> None:
    """Report that the daemon itself hangs, since it cannot; it is not killed, because a debugger may hold it."""
    for text in watch.look()[1]:
        plays = " Meanwhile the music plays on." if watch.hung else ""
        with contextlib.suppress(OSError):
            os.write(2, f"{text}{plays}\n".encode())
