"""A lock on an open file: the system frees it when its process ends, however it ends."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

DRAFT: Final = "."
"""The prefix of files that are not locked yet."""


def created(path: Path, data: bytes = b"") -> int:
    """Make a file that nobody finds before it is ours; return its descriptor, to read and to write.

    Raises OSError where it cannot be, and leaves nothing then.
    """
    # Windows does not rename what is open, and refuses to remove it, which serves as well.
    draft = path if sys.platform == "win32" else path.with_name(f"{DRAFT}{path.name}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        os.write(descriptor, data)
        locked(descriptor)
        if draft != path:
            os.rename(draft, path)
    except OSError:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return descriptor


def locked(descriptor: int) -> bool:
    """Return whether the file is ours from now on; it is not while another process has it.

    Windows has no such lock, and needs none: there, nobody can remove a file that is open.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
