"""The compiled bank, loaded, without numba."""

import ctypes
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, NamedTuple, get_args

from live.machine import realtime
from live.machine.code import CodeError
from live.machine.code import load as load_kernel
from live.time.sources.player.tables import Kind, tables

_LONG, _REAL = ctypes.c_int64, ctypes.c_double
_TAKES: Final = {
    "begin": (*[_LONG] * 5, _REAL, _REAL),
    "push": (*[_LONG] * 6, _REAL),
    "ask": (_LONG, _LONG, _REAL, _LONG),
}
_log = logging.getLogger(__name__)
_lock = Lock()
_loaded: list["Code | None"] = []
_beside: list[Thread] = []


class Code(NamedTuple):
    """What `kernel.py` was made into."""

    begin: Callable[..., None]
    push: Callable[..., None]
    ask: Callable[..., None]


def load() -> Code | None:
    """Return the code, the first time from the disk or compiled; None where it cannot be. Any thread may call it."""
    with _lock:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def load_beside() -> None:
    """Begin to load the code beside the music, on a thread of its own, unless that was begun before."""
    if not _loaded and not _beside:
        _beside.append(Thread(target=_load_slowly, name="the player's beat", daemon=True))
        _beside[0].start()


def _load_slowly() -> None:
    # What plays in time goes before it.
    realtime.stand_back()
    load()


def there() -> Code | None:
    """Return the code if it has been loaded."""
    return _loaded[0] if _loaded else None


def fails() -> bool:
    """Return whether it was found that the code cannot be loaded; the log says why."""
    return _loaded == [None]


def _load() -> Code | None:
    folder = Path(__file__).parent
    sources = [folder / name for name in ("kernel.py", "stepping.py", "layout.py")]
    try:
        found = load_kernel("live.time.sources.player.kernel", "beat", sources)
    except CodeError as error:
        _log.warning("Nobody's beat is followed: %s", error)
        return None
    for kind in get_args(Kind):
        # So that nobody waits for them who plays.
        tables(kind)
    return Code(**{name: _function(found[name], takes) for name, takes in _TAKES.items()})


def _function(address: int, takes: tuple[Any, ...]) -> Callable[..., None]:
    return ctypes.CFUNCTYPE(None, *takes)(address)
