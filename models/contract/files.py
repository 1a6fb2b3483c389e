"""Files that somebody names: a pipe or a device may never end, and what is too large is something else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from models.contract.errors import ExtempoError, GivenError

_PART: Final = 1 << 20
"""Bytes that are read at a time."""
_FLAGS: Final[int] = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
"""Should a pipe take a file's place before it is opened, it is not waited for."""


class FileError(GivenError):
    """A file that is not read: none, no plain file, empty, or too large."""


class EmptyFileError(FileError):
    """A file that says that it is empty."""


class TooLargeError(FileError):
    """A file that has more bytes than are read."""


def refusal(path: Path, most: int) -> str | None:
    """Return why a path is not read, one sentence: it is no file, or has more than `most` bytes.

    None where it may be read, or is not there, which reading says. Any thread may call it.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return _refusal(path, found, most)


def opened(path: Path, most: int) -> BinaryIO:
    """Open a file of at most `most` bytes to be read; `parts` counts how many come.

    A file that says that it is empty is refused: the system's own never end, or wait. Raises FileError,
    one sentence. Any thread may call it; it never waits for who writes.
    """
    try:
        # A device may do something as it is opened.
        _check(path, path.stat(), most)
        file = open(os.open(path, _FLAGS), "rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        _check(path, os.fstat(file.fileno()), most)
    except ExtempoError:
        file.close()
        raise
    return file


def parts(path: Path, most: int) -> Iterator[bytes]:
    """Yield a file's bytes, counted as they come. Raises FileError as `opened` does, and for what is still longer."""
    count = 0
    with opened(path, most) as file:
        try:
            while part := file.read(_PART):
                count += len(part)
                if count > most:
                    raise TooLargeError(f"{path} has more than the {most >> 20} MB that are read.")
                yield part
        except OSError as error:
            raise _unreadable(path, error) from error


def read(path: Path, most: int) -> bytes:
    """Return a file's bytes; see `parts`."""
    return b"".join(parts(path, most))


def _check(path: Path, found: os.stat_result, most: int) -> None:
    if text := _refusal(path, found, most):
        raise (TooLargeError if stat.S_ISREG(found.st_mode) else FileError)(text)
    if not found.st_size:
        raise EmptyFileError(f"{path} is empty: name a file that something was saved in.")


def _refusal(path: Path, found: os.stat_result, most: int) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is not a file: name one that was saved on a disk."
    if found.st_size > most:
        return f"{path} has {found.st_size >> 20} MB, more than the {most >> 20} MB that are read."
    return None


def _unreadable(path: Path, error: OSError | ValueError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(f"There is no file {path}.")
    said = getattr(error, "strerror", None) or error
    return FileError(f"{path} cannot be read: {said}.")
