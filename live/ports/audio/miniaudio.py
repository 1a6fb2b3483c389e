"""The system's sound devices, opened with a callback of our own that has no Python in it."""

import threading
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from live.machine.quiet import quiet
from live.ports import native
from live.ports.audio import devices
from live.ports.audio.layout import USER_DATA
from live.ports.native import PortError

_PERIOD_MS: Final = 10


class Asked(NamedTuple):
    """What a device shall do, in stereo. rate: 0 is the device's own, 48 kHz where it takes them.

    callback: an address; user: what it finds in the device, an address too.
    """

    capture: bool
    rate: int
    callback: int
    user: int
    client_name: str


class Device:
    """An open device, which start() begins. Threads: one, but for its callback."""

    def __init__(self, module: Any, device: Any, name: str) -> None:
        self._module = module
        self._device = device
        self.rate = int(device._device.sampleRate)
        self.period = self.rate * _PERIOD_MS // 1000
        backend = module.lib.ma_get_backend_name(device._device.pContext.backend)
        self.system = str(module.ffi.string(backend).decode())
        """The sound system that it belongs to."""
        self.name = f"{name} ({self.system})"

    def start(self) -> bool:
        """Let it call us; False where it does not."""
        self._device.running = self._module.lib.ma_device_start(self._device._device) == 0
        return bool(self._device.running)

    @property
    def started(self) -> bool:
        """Whether it has started, and not stopped by itself."""
        return bool(self._module.lib.ma_device_is_started(self._device._device))

    def close(self) -> None:
        """Close it; one that hangs cannot hold us up."""
        closer = threading.Thread(target=self._device.close, daemon=True, name="device-close")
        closer.start()
        closer.join(2.0)


def find(asked: Asked, part: str = "") -> Device:
    """Return the first device that takes us, with `part` in its name. Raises PortError for none."""
    module = native.miniaudio()
    if module.ffi.offsetof("ma_device", "pUserData") != USER_DATA:
        raise PortError(
            "This version of miniaudio is not one that sound can be played with: "
            "run `make play` again, which installs one."
        )
    there: list[str] = []
    with quiet():
        # Offered all at once, it settles for the first that is installed, with a device or without;
        # and a system's default device may be one that has no output.
        for backend in devices.backends(module):
            for name, identity in _named(module, backend, asked.capture, part, there):
                device = _make(module, backend, identity, asked)
                if device is not None:
                    return Device(module, device, name)
    if part and there:
        raise PortError(f"No sound device matches {part!r}; there is {', '.join(there)}.")
    if asked.capture:
        raise PortError("There is no microphone or other audio input: plug one in.")
    raise PortError(devices.NONE)


def _named(
    module: Any, backend: Any, capture: bool, part: str, there: list[str]
) -> Iterator[tuple[str, Any]]:
    if not part:
        yield "the sound device", None
    if capture:
        return
    for found in devices.playbacks(module, backend):
        there.append(str(found["name"]))
        if part.lower() in found["name"].lower():
            yield f"the sound device {found['name']!r}", found["id"]


def _make(module: Any, backend: Any, identity: Any, asked: Asked) -> Any:
    # What module.PlaybackDevice does, but for the callback, which is in Python there.
    ffi, lib = module.ffi, module.lib
    device = module.AbstractDevice()
    config = lib.ma_device_config_init(
        lib.ma_device_type_capture if asked.capture else lib.ma_device_type_playback
    )
    side = config.capture if asked.capture else config.playback
    side.channels = 2
    side.format = module.SampleFormat.FLOAT32.value
    side.pDeviceID = identity or ffi.NULL
    config.sampleRate = asked.rate
    config.periodSizeInMilliseconds = _PERIOD_MS
    config.dataCallback = ffi.cast("ma_device_data_proc", asked.callback)
    config.pUserData = ffi.cast("void *", asked.user)
    try:
        device._context = device._make_context([backend], app_name=asked.client_name)
    except module.MiniaudioError:
        device._device = None
        return None
    if lib.ma_device_init(device._context, ffi.addressof(config), device._device) != 0:
        device._device = None
        return None
    return device
