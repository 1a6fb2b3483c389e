"""Standard input, output and error where they are closed, or their disk is full."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Final, TextIO

_STANDARD: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""In the order of their numbers."""
_FULL: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_REFUSED: Final = {*_FULL, errno.EFBIG, errno.EIO, errno.EBADF}
"""The system's errors for output that finds no room."""


def open_closed() -> None:
    """Let them lead nowhere: else a file or a socket of ours would get their number, and be written to.

    To be called before anything is opened; processes that are started have them too.
    """
    for number in range(len(_STANDARD)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, mode in _STANDARD:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Where not everything that a command writes finds its place, say so in one sentence, and exit with 1."""
    try:
        try:
            yield
        finally:
            # As Python ends, it would be told as an error of ours.
            sys.stdout.flush()
    except BrokenPipeError:
        # Who read it has read enough.
        _lead_nowhere(sys.stdout)
        sys.exit(1)
    except OSError as error:
        # One that names a file has another cause.
        if error.errno not in _REFUSED or error.filename is not None:
            raise
        _lead_nowhere(sys.stdout)
        cure = ": make room" if error.errno in _FULL else ""
        try:
            sys.stderr.write(f"Error: Not everything could be written ({error.strerror}){cure}.\n")
            sys.stderr.flush()
        except OSError:
            _lead_nowhere(sys.stderr)
        sys.exit(1)


def _lead_nowhere(stream: TextIO) -> None:
    """Let a stream lead nowhere: what waits for it must not fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
