"""Caches on disk: folders with a bound, in which files in use stay."""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

STAYS: Final = 24 * 3600.0
"""Seconds for which what was used stays, however much there is: a concert, and the rehearsal before it."""


_FLOOD: Final = 4
"""At most this many times the usual number stays, even if all were used today: the disk is not ours."""


def prune(folder: Path, most: int) -> None:
    """Remove what was used longest ago, beyond so many, and of what was used today only what is far too much.

    Whoever uses an entry sets its time. What another process removes meanwhile is passed over.
    """
    found = []
    for entry in folder.iterdir():
        with suppress(OSError):
            found.append((entry.lstat().st_mtime, entry))
    found.sort(reverse=True)
    for place, (used, entry) in enumerate(found[most:], most):
        if place < _FLOOD * most and used > time.time() - STAYS:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()


def keep(file: Path, data: bytes, most: int) -> None:
    """Write a file with its digest, whole or not at all, and prune its folder to so many. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(hashlib.sha256(data).digest() + data)
    Path(name).replace(file)
    prune(file.parent, most)


def kept(file: Path) -> bytes:
    """Return what `keep` wrote. Raises OSError where there is none, ValueError where it was damaged."""
    data = file.read_bytes()
    digest, data = data[:32], data[32:]
    if hashlib.sha256(data).digest() != digest:
        raise ValueError(f"{file} is damaged")
    os.utime(file)
    return data
