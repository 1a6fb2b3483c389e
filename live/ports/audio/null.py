"""No speakers: the mix is computed in time, and thrown away."""

import threading
import time
from typing import Final

import numpy as np

from live.ipc import pulse
from live.ports.audio.mixer import Mixer

RATE: Final = 48000
PERIOD: Final = 256
_ASLEEP: Final = 1.0
"""Seconds behind from which on what was missed is not made up for: the machine slept."""


class NullDriver:
    """Drives the mix by the clock, as a sound card would. Threads: its own.

    soft: begins with a fade.
    """

    name = system = "no sound card"

    def __init__(
        self, mixer: Mixer, rate: int = RATE, period: int = PERIOD, *, soft: bool = True
    ) -> None:
        self.words = "nowhere: the sound is made and not heard"
        self.rate, self.period = rate, period
        self.troubles: list[str] = []
        self.xruns = 0
        self._mixer = mixer
        self._soft = soft
        self._block = np.zeros((period, 2), np.float32)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._mixer.begin(self.rate, self.period, soft=self._soft)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Always."""
        return True

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        length = self.period / self.rate
        start, done = time.monotonic(), 0
        beat = pulse.begin("the clock of sound")
        while not self._over.is_set():
            beat()
            self._mixer.mix(self._block)
            done += 1
            # From the start, so that nothing adds up.
            pause = start + done * length - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            elif pause < -_ASLEEP:
                start, done = time.monotonic(), 0
        pulse.end("the clock of sound")
