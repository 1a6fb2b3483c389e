"""Other processes that read files into shards.

They are processes of their own and none of multiprocessing's, whose workers run the main script again: one
without a guard would begin anew in each of them. Whoever reads does without them where they fail.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class Helper:
    """A process that reads; nothing where it could not be started."""

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    def wait(self) -> None:
        """Wait until it has read all, or ended otherwise."""
        if self._process is not None:
            self._process.wait()

    def end(self) -> None:
        """End it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def ahead(store: Path, paths: Sequence[Path]) -> Iterator[Helper]:
    """Have files read as long as the context lasts, or until all are read."""
    process = None
    with suppress(OSError, ValueError):
        process = subprocess.Popen(
            [sys.executable, "-m", "models.corpus.helping", store],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert process.stdin is not None
        with process.stdin as given:
            given.write(b"\0".join(map(os.fsencode, paths)))
    helper = Helper(process)
    try:
        yield helper
    finally:
        helper.end()
