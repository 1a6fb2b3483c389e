"""The names of runs among MIDI and JACK ports: extempo for the first, extempo-2 for the next."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from live.machine.lock import locked

PROGRAM: Final = "extempo"
_RUN: Final = re.compile(rf"{PROGRAM}(-\w+)*(?![\w-])", re.IGNORECASE)
_MOST: Final = 99
"""How many runs of one user have names of their own."""


def folder() -> Path:
    """Return the folder that says which names the runs of this user have."""
    import platformdirs

    return Path(platformdirs.user_state_dir("extempo", appauthor=False)) / "names"


@contextlib.contextmanager
def held(name: str, place: Path) -> Iterator[str]:
    """Give this name, or the next one that no run of this user has, and keep it from others meanwhile.

    Where the folder cannot be written nobody is kept from it, and JACK says who was first.
    """
    found, descriptor = _hold(name, place)
    try:
        yield found
    finally:
        if descriptor is not None:
            os.close(descriptor)


def following(name: str) -> str:
    """Return the next name to try where another run has this one."""
    plain, dash, number = name.rpartition("-")
    if dash and number.isdecimal():
        return f"{plain}-{int(number) + 1}"
    return f"{name}-2"


def run_of(port: str) -> str | None:
    """Return the client that a port belongs to, if it is one of extempo's: `extempo-2` of `extempo-2 in`."""
    found = _RUN.match(port)
    return found[0].lower() if found else None


def matches(part: str, port: str) -> bool:
    """Return whether a part of a name means a port; one of an extempo is meant from its beginning on."""
    part, port = part.lower(), port.lower()
    return part in port and part.startswith(run_of(port) or "")


def _hold(name: str, place: Path) -> tuple[str, int | None]:
    wanted = name
    for _ in range(_MOST):
        try:
            descriptor = _open(place / wanted)
        except OSError:
            return name, None
        if descriptor is not None:
            return wanted, descriptor
        wanted = following(wanted)
    return name, None


def _open(path: Path) -> int | None:
    """Return the file of a name, locked, or None where a run has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if locked(descriptor):
        return descriptor
    os.close(descriptor)
    return None
