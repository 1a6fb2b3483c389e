"""The system's sound device as a way out, and a microphone as a way in."""

import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ipc.pulse import Stillness
from live.ports.audio import code, miniaudio
from live.ports.audio.layout import WIRING
from live.ports.audio.miniaudio import Asked
from live.ports.audio.mixer import Mixer
from live.ports.native import PortError

STALLED: Final = 2.0
"""Seconds without a callback after which a device counts as gone."""
_INSIDE: Final = 0.5


class DeviceDriver:
    """The first sound device that takes us, at its own rate.

    part: a part of its name; empty is any. Raises PortError where there is none. Threads: all but
    the callback on one.
    """

    name = "The sound device"

    def __init__(self, mixer: Mixer, client_name: str, part: str = "") -> None:
        self._mixer = mixer
        self._wiring: NDArray[Any] = np.zeros(1, WIRING)
        self._wiring["mixer"] = mixer.address
        callback, user = code.device_process, int(self._wiring.ctypes.data)
        self._device = miniaudio.find(Asked(False, 0, callback, user, client_name), part)
        self.system = self._device.system
        self.rate, self.period = self._device.rate, self._device.period
        self.troubles: list[str] = []
        self.xruns = 0
        self.words = f"{self._device.name}, {self.rate / 1000:g} kHz"
        self._still = Stillness()

    def start(self) -> None:
        """Start the device's callback. Raises PortError where it does not start."""
        self._still = Stillness()
        self._wiring["driver"] = self._mixer.begin(self.rate, self.period)
        if not self._device.start():
            self.stop()
            raise PortError(f"Sound does not start in {self._device.name}.")

    @property
    def alive(self) -> bool:
        """Whether the device still calls us."""
        calls = int(self._wiring["calls"][0])
        return self._device.started and self._still.seconds(calls) < STALLED

    def stop(self) -> None:
        """Close the device; one that hangs cannot hold us up."""
        code.take_over(self._mixer.address, 0)
        end = time.monotonic() + _INSIDE
        while self._wiring["inside"][0] and time.monotonic() < end:
            time.sleep(0.001)
        self._device.close()


class Microphone:
    """The system's audio input, at the rate of what plays, while somebody listens to it.

    Raises PortError where there is none. Threads: all but the callback on one.
    """

    def __init__(self, mixer: Mixer, client_name: str) -> None:
        self._mixer = mixer
        callback = code.microphone_process
        asked = Asked(True, mixer.rate, callback, mixer.address, f"{client_name}-in")
        self._device = miniaudio.find(asked)
        if not self._device.start():
            self._device.close()
            raise PortError(f"No sound comes in through {self._device.name}.")

    def close(self) -> None:
        """Listen no more."""
        self._device.close()
        self._mixer.deaf()
