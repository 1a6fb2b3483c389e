"""Files that appear whole or not at all, whatever happens while they are written."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.contract.errors import ExtempoError, GivenError


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write to; it takes its place at the end, if nothing was raised.

    A link stays: what it points at is written. Raises OSError where the disk does not take it, or where
    `path` is a device, a pipe or a folder, which nothing may take the place of.
    """
    path = Path(os.path.realpath(path))
    # What is still a link then is one that leads to itself.
    if path.is_symlink() or (path.exists() and not path.is_file()):
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


def put(path: Path, data: bytes) -> None:
    """Write a file, see `whole`. Raises ExtempoError, one sentence, where it cannot be written."""
    try:
        with whole(path) as fresh:
            fresh.write_bytes(data)
    except OSError as error:
        raise ExtempoError(
            f"{path} cannot be written ({error.strerror}): choose another."
        ) from error


def apart(output: Path | None, inputs: Iterable[Path | None]) -> None:
    """Raise GivenError where what is to be written is one of what is read: that would be lost.

    None is what was not asked for.
    """
    for one in inputs:
        if output is not None and one is not None and _same(output, one):
            where = "" if str(output) == str(one) else f", as {one}"
            raise GivenError(
                f"{output} is read here{where}, and would be written over: give another name to write to."
            )


def _same(one: Path, other: Path) -> bool:
    # What is not there yet, or cannot be looked at, is nobody's.
    with contextlib.suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    return False
