"""The compiled mix, loaded: what `kernel.py` was made into, without numba.

Importing this loads it from the cache, or has it compiled by another process first, which takes seconds:
before anything plays. It lives as long as the process. Raises PortError where it cannot be compiled.
"""

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from live.ipc import soundring
from live.machine import code
from live.ports.native import PortError

_LONG, _REAL = ctypes.c_int64, ctypes.c_double


def _load() -> Mapping[str, int]:
    sources = (
        *Path(__file__).parent.glob("*.py"),
        Path(soundring.__file__),
    )
    try:
        return code.load("live.ports.audio.kernel", "mix", sources)
    except code.CodeError as error:
        raise PortError("What mixes sound could not be compiled: run `make play` again.") from error


_addresses = _load()

jack_process: Final = _addresses["jack_process"]
device_process: Final = _addresses["device_process"]
microphone_process: Final = _addresses["microphone_process"]

clock: Final = ctypes.CFUNCTYPE(_REAL, _LONG)(_addresses["clock"])
limit: Final = ctypes.CFUNCTYPE(None, *[_LONG] * 4)(_addresses["limit"])
mix: Final = ctypes.CFUNCTYPE(None, *[_LONG] * 5, _REAL)(_addresses["mix"])
take_over: Final = ctypes.CFUNCTYPE(None, _LONG, _LONG)(_addresses["take_over"])
