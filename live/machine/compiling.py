"""Compiling to machine code, for any thread, without Python's lock; `code.py` keeps it on disk.

Importing this imports numba, whose names are given on from here without types.
"""

import importlib
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

llvmlite: Final[Any] = importlib.import_module("llvmlite")
numba: Final[Any] = importlib.import_module("numba")
carray: Final[Any] = numba.carray
types: Final[Any] = numba.types
ir: Final[Any] = importlib.import_module("llvmlite.ir")
_intrinsic: Final[Any] = importlib.import_module("numba.extending").intrinsic

_options: Final = {"nopython": True, "error_model": "numpy"}


def compiled(signature: str, any_order: bool = False, inline: bool = False) -> Callable[[F], F]:
    """Compile a function for the arguments that it will get, now.

    any_order: sums of it may be made in any order, and so several at once. inline: it becomes a part of whoever
    calls it.
    """
    more: dict[str, Any] = {"fastmath": {"reassoc", "contract", "nsz"}} if any_order else {}
    more |= {"inline": "always"} if inline else {}
    return cast("Callable[[F], F]", numba.jit(signature, nogil=True, **more, **_options))


def callback(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that C calls; its `address` is what C is given."""
    return cast("Callable[[Callable[..., Any]], Any]", numba.cfunc(signature, **_options))


def intrinsic(build: Callable[..., Any]) -> Any:
    """Make a function of machine instructions."""
    return _intrinsic(build)


@intrinsic
def pointer(_typing: Any, address: Any) -> Any:
    """Turn an address into a pointer."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), build
