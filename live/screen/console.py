"""What the player reads, handed to a thread of its own."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from live.ipc import pulse
from live.screen.falling import ROW_SECONDS
from live.screen.told import Told

_WAITING: Final = 1000
"""Messages that may wait for a terminal that is stopped; later ones are not shown."""
_LOOK: Final = 1.0


class Shows(Protocol):
    """Where messages are shown; see `live.screen.terminal.Screen`."""

    @property
    def moving(self) -> bool:
        """Whether `draw` has something to draw now and then."""

    def tell(self, message: Told, now: float) -> None:
        """Show a message."""

    def draw(self, now: float) -> None:
        """Draw what moves."""

    def close(self) -> None:
        """Take away what moves."""


class Console:
    """Shows what it is told in a thread of its own: a terminal that is stopped stops nothing else.

    failed: told on that thread when it failed and goes on. Threads: tell() from any; close() once,
    from the one that made it.
    """

    def __init__(
        self, screen: Shows | None = None, failed: Callable[[str], None] = lambda _: None
    ) -> None:
        self._screen = screen
        self._failed = failed
        self._queue: queue.Queue[Told | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def tell(self, message: Told) -> None:
        """Show a message soon. Never waits."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(message)

    def close(self, seconds: float = 1.0) -> None:
        """Show what waits, for so long at most, and end."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        pulse.again("the screen", self._show, self._failed)
        pulse.end("the screen")

    def _show(self) -> None:
        screen = self._screen = self._screen or _screen()
        beat = pulse.begin("the screen", vital=False)
        while True:
            beat()
            try:
                message = self._queue.get(timeout=ROW_SECONDS if screen.moving else _LOOK)
            except queue.Empty:
                screen.draw(time.monotonic())
                continue
            if message is None:
                break
            screen.tell(message, time.monotonic())
            screen.draw(time.monotonic())
        screen.close()


def _screen() -> Shows:
    # Brings rich along, which takes a while; the processes start meanwhile.
    from live.screen.terminal import Screen

    return Screen()
