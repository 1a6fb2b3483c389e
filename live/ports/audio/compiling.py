"""Compiling to machine code, once: kept on disk, for any thread, without Python's lock.

Importing this imports numba, whose names are given on from here without types.
"""

import hashlib
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from platformdirs import user_cache_path

from live.ipc import soundring
from live.machine import caches

F = TypeVar("F", bound=Callable[..., Any])

llvmlite: Final[Any] = importlib.import_module("llvmlite")
numba: Final[Any] = importlib.import_module("numba")
carray: Final[Any] = numba.carray
types: Final[Any] = numba.types
ir: Final[Any] = importlib.import_module("llvmlite.ir")
_intrinsic: Final[Any] = importlib.import_module("numba.extending").intrinsic
_KEPT: Final = 4
"""So many versions of what is compiled stay in the cache."""
_CACHE: Final = user_cache_path("extempo", appauthor=False) / "compiled"


def _keep() -> bool:
    """Keep what is compiled on disk, where a change of any source makes it anew; False where it cannot be.

    numba by itself only looks at the file that a function stands in.
    """
    sources = sorted((*Path(__file__).parent.glob("*.py"), Path(soundring.__file__)))
    digest = hashlib.sha256(repr((numba.__version__, llvmlite.__version__)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    folder = _CACHE / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What is used stays.
        os.utime(folder)
        caches.prune(_CACHE, _KEPT)
    except OSError:
        return False
    numba.config.CACHE_DIR = str(folder)
    return os.access(folder, os.W_OK)


_options: Final = {"nopython": True, "error_model": "numpy", "cache": _keep()}


def compiled(signature: str) -> Callable[[F], F]:
    """Compile a function for the arguments that it will get, now, or take it from the cache."""
    return cast("Callable[[F], F]", numba.jit(signature, nogil=True, **_options))


def callback(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that C calls; its `address` is what C is given."""
    return cast("Callable[[Callable[..., Any]], Any]", numba.cfunc(signature, **_options))


def intrinsic(build: Callable[..., Any]) -> Any:
    """Make a function of machine instructions."""
    return _intrinsic(build)
