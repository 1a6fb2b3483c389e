"""What native libraries print of themselves, kept off the screen."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LOCK: Final = threading.Lock()
_kept: Final[list[int]] = []
"""What standard error led to, once for each who keeps it quiet now."""


@contextmanager
def quiet() -> Iterator[None]:
    """Let what this process writes to standard error go nowhere meanwhile. Several threads may, at once."""
    with _LOCK:
        if _kept:
            _kept.append(os.dup(_kept[0]))
        else:
            _kept.append(os.dup(2))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
    try:
        yield
    finally:
        with _LOCK:
            before = _kept.pop()
            if not _kept:
                os.dup2(before, 2)
            os.close(before)
