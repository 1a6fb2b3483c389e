"""Being asked to end: by a signal, or twice by a player who cannot wait."""

import signal
import time
from types import FrameType
from typing import Final

from live.ipc.ring import Wake

HASTE: Final = 0.3
"""Seconds that the engine has to end, once a player has asked twice."""


class Stopping:
    """Whether the run is asked to end, and how soon. wake: of the loop that looks. Threads: main."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self.asked = False
        self.hurry = float("inf")
        """When the engine must have ended, for who asked twice."""

    def heed(self) -> None:
        """End cleanly on a signal; a second Ctrl-C makes it hurry, and later ones change nothing."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"):
            number = getattr(signal, name, None)
            # Who starts us with nohup wants us to outlive the terminal.
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue
            signal.signal(number, self._stop)
        if hasattr(signal, "SIGTSTP"):
            # Ctrl-Z: what sounds would sound until somebody finds out.
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    def close(self) -> None:
        """Ignore signals from now on: otherwise a late Ctrl-C would become the exit status."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            self.hurry = min(self.hurry, time.monotonic() + HASTE)
        self.asked = True
        self._wake.notify()
