"""A lock on an open file: the system frees it when its process ends, however it ends."""

import sys


def locked(descriptor: int) -> bool:
    """Return whether the file is ours from now on; it is not while another process has it.

    Windows has no such lock, and needs none: there, nobody can remove a file that is open.
    """
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
