"""The compiled kernel, loaded: what `kernel.py` was made into, without numba."""

import ctypes
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from live.machine import code
from models.contract import copied, grid, matching

_ROWS: Final = ctypes.PYFUNCTYPE(None, *[ctypes.c_int64] * 2)
_HEAD: Final = ctypes.PYFUNCTYPE(None, *[ctypes.c_int64] * 3)
_HEAD_AND_KEYS: Final = ctypes.PYFUNCTYPE(None, *[ctypes.c_int64] * 4)
_TAKES: Final = {
    "follow": _ROWS,
    "attend": _ROWS,
    "say_time": _HEAD_AND_KEYS,
    "say_pitch": _HEAD_AND_KEYS,
    "say_alike": _HEAD,
    "say_letter": _HEAD_AND_KEYS,
}
"""They hold Python's lock for some microseconds: to let go of it, and wait for it again, could take far longer."""
_FOLDER: Final = "copying"
"""Of the cache."""
_WRITTEN_IN: Final = ("following.py", "kernel.py", "layout.py", "numbers.py", "saying.py")
_log = logging.getLogger(__name__)

Functions = Mapping[str, Callable[..., None]]


@cache
def functions() -> Functions | None:
    """Return the kernel's functions by name, or None where it cannot be compiled; the first time may take seconds."""
    try:
        found = code.load("live.runtime.copying.kernel", _FOLDER, makers())
    except code.CodeError as error:
        _log.info("what copies is not compiled here, its graph plays: %s", error)
        return None
    return {name: takes(found[name]) for name, takes in _TAKES.items()}


def is_compiled() -> bool:
    """Return whether the kernel only has to be loaded."""
    return code.is_kept(_FOLDER, makers())


def makers() -> list[Path]:
    """Return the files that the code depends on, but those of the compiler's."""
    ours = (Path(__file__).with_name(name) for name in _WRITTEN_IN)
    return [*ours, *(Path(str(one.__file__)) for one in (copied, grid, matching))]
