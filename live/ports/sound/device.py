"""The system's sound device: the mix inside its callback, with no Python in it."""

import threading
import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ports import native, synth
from live.ports.native import PortError
from live.ports.sound import kernel
from live.ports.sound.layout import WIRING
from live.ports.sound.mixer import Mixer

STALLED: Final = 2.0
"""Seconds without a callback after which a device counts as gone."""
_PERIOD_MS: Final = 10
_INSIDE: Final = 0.5
_ANY: Final = 0
"""48 kHz where the device takes them, else the rate that it has."""


class DeviceDriver:
    """The first sound device that takes us, at its own rate.

    part: a part of its name; empty is any. Raises PortError where there is none. Threads: all but the callback on one.
    """

    name = "The sound device"

    def __init__(self, mixer: Mixer, client_name: str, part: str = "") -> None:
        self._module = native.miniaudio()
        self._mixer = mixer
        self._wiring: NDArray[Any] = np.zeros(1, WIRING)
        self._wiring["mixer"] = mixer.address
        self._client_name = client_name
        with native.quiet():
            self._called, self._device = self._find(part)
        self.rate = int(self._device._device.sampleRate)
        self.period = self.rate * _PERIOD_MS // 1000
        self.troubles: list[str] = []
        self.xruns = 0
        self.words = f"{self._called} ({self._backend}), {self.rate / 1000:g} kHz"
        self._calls, self._last_seen = 0, time.monotonic()

    def start(self) -> None:
        """Let the device call us. Raises PortError where it does not start."""
        self._last_seen = time.monotonic()
        self._wiring["driver"] = self._mixer.begin(self.rate, self.period)
        if self._module.lib.ma_device_start(self._device._device) != 0:
            self.stop()
            raise PortError(f"{self.name} ({self._backend}) does not start.")
        self._device.running = True

    @property
    def alive(self) -> bool:
        """Whether the device still calls us."""
        calls = int(self._wiring["calls"][0])
        if calls != self._calls:
            self._calls, self._last_seen = calls, time.monotonic()
        started = self._module.lib.ma_device_is_started(self._device._device)
        return bool(started) and time.monotonic() - self._last_seen < STALLED

    def stop(self) -> None:
        """Close the device; one that hangs cannot hold us up."""
        kernel.take_over(self._mixer.address, 0)
        end = time.monotonic() + _INSIDE
        while self._wiring["inside"][0] and time.monotonic() < end:
            time.sleep(0.001)
        closer = threading.Thread(target=self._device.close, daemon=True, name="device-close")
        closer.start()
        closer.join(2.0)

    @property
    def _backend(self) -> str:
        context = self._device._device.pContext
        name = self._module.lib.ma_get_backend_name(context.backend)
        return str(self._module.ffi.string(name).decode())

    def _find(self, part: str) -> tuple[str, Any]:
        # As for the built-in synth: each sound system by itself, each of its devices by itself.
        module = self._module
        if module.ffi.offsetof("ma_device", "pUserData") != kernel.USER_DATA:
            raise PortError(
                "This version of miniaudio is not one that sound can be played with: "
                "run `make play` again, which installs one."
            )
        there = []
        for backend in synth.backends(module):
            devices = synth.playbacks(module, backend)
            there += [str(found["name"]) for found in devices]
            wanted = [
                (f"the sound device {found['name']!r}", found["id"])
                for found in devices
                if part.lower() in found["name"].lower()
            ]
            for called, device in (*((("the sound device", None),) if not part else ()), *wanted):
                made = self._make(backend, device)
                if made is not None:
                    return called, made
        if part and there:
            raise PortError(f"No sound device matches {part!r}; there is {', '.join(there)}.")
        raise PortError(
            "There is no sound device: plug one in, or have sound elsewhere with --sound."
        )

    def _make(self, backend: Any, identity: Any) -> Any:
        # What module.PlaybackDevice does, but for the callback, which is in Python there.
        ffi, lib = self._module.ffi, self._module.lib
        device = self._module.AbstractDevice()
        config = lib.ma_device_config_init(lib.ma_device_type_playback)
        config.sampleRate = _ANY
        config.playback.channels = 2
        config.playback.format = self._module.SampleFormat.FLOAT32.value
        config.playback.pDeviceID = identity or ffi.NULL
        config.periodSizeInMilliseconds = _PERIOD_MS
        config.dataCallback = ffi.cast("ma_device_data_proc", kernel.device_process.address)
        config.pUserData = ffi.cast("void *", self._wiring.ctypes.data)
        try:
            device._context = device._make_context([backend], app_name=self._client_name)
        except self._module.MiniaudioError:
            device._device = None
            return None
        if lib.ma_device_init(device._context, ffi.addressof(config), device._device) != 0:
            device._device = None
            return None
        return device
