"""Files that are there whole or not at all, whatever happens while they are written."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write to; it takes its place at the end, if nothing was raised.

    Raises OSError where the disk does not take it, or where `path` is a device, a pipe or a folder,
    which nothing may take the place of.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    fresh = path.with_name(f".{path.name}.part")
    try:
        yield fresh
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()
