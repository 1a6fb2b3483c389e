"""Compiling to machine code, once: kept on disk, for any thread, without Python's lock.

Importing this imports numba, whose names are given on from here without types.
"""

import hashlib
import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from platformdirs import user_cache_path

F = TypeVar("F", bound=Callable[..., Any])

numba: Final[Any] = importlib.import_module("numba")
carray: Final[Any] = numba.carray
types: Final[Any] = numba.types
ir: Final[Any] = importlib.import_module("llvmlite.ir")
_intrinsic: Final[Any] = importlib.import_module("numba.extending").intrinsic
_CACHE: Final = user_cache_path("extempo", appauthor=False) / "compiled"
_options: Final[dict[str, Any]] = {"nopython": True, "error_model": "numpy"}


def keep(*sources: str | None) -> None:
    """Keep what is compiled from here on where a change of any of these files makes it anew.

    numba by itself only looks at the file that a function stands in. A disk that cannot be written is
    no reason not to play: then it is compiled every time.
    """
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources if source))
    folder = _CACHE / digest.hexdigest()[:16]
    _options["cache"] = False
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _options["cache"] = os.access(folder, os.W_OK)
    numba.config.CACHE_DIR = str(folder)


def compiled(signature: str) -> Callable[[F], F]:
    """Compile a function for the arguments that it will get, now, or take it from the cache."""
    return cast("Callable[[F], F]", numba.jit(signature, nogil=True, **_options))


def callback(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that C calls; its `address` is what C is given."""
    return cast("Callable[[Callable[..., Any]], Any]", numba.cfunc(signature, **_options))


def intrinsic(build: Callable[..., Any]) -> Any:
    """Make a function of machine instructions."""
    return _intrinsic(build)
