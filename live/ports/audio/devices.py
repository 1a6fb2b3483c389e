"""The system's sound devices, by name, before anything of the mix is loaded."""

from typing import Any, Final

from live.machine.quiet import quiet
from live.ports import native
from live.ports.native import PortError

_SILENT: Final = "Discard all samples"
"""ALSA's name for nowhere."""


NONE: Final = (
    "There is no sound device: plug one in, or have notes go to MIDI with --out, and sound to a file"
    " with --sound."
)


def backends(module: Any) -> list[Any]:
    """Return miniaudio's sound systems that can be heard."""
    silent = (module.Backend.NULL, module.Backend.CUSTOM)
    return [backend for backend in module.Backend if backend not in silent]


def playbacks(module: Any, backend: Any) -> list[dict[str, Any]]:
    """Return the devices of a sound system that can be heard; none where it does not run."""
    try:
        found = module.Devices(backends=[backend]).get_playbacks()
    except module.MiniaudioError:
        return []
    return [device for device in found if _SILENT not in device["name"]]


def names() -> list[str]:
    """Return the sound devices that can be heard, by name. Raises PortError where miniaudio is missing."""
    module = native.miniaudio()
    with quiet():
        known = [device for one in backends(module) for device in playbacks(module, one)]
    return list(dict.fromkeys(device["name"] for device in known))


def require() -> None:
    """Raise PortError where there is no sound device."""
    if not names():
        raise PortError(NONE)
