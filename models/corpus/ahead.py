"""A second process that reads files ahead, into the cache: python -m models.corpus.ahead STORE <PATHS.

It is a process of its own and none of multiprocessing's, whose workers run the main script again: one
without a guard would begin anew in each of them. Whoever reads does without it where it fails.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from models.corpus.cached import read_cached


@contextmanager
def ahead(store: Path, paths: Sequence[Path]) -> Iterator[None]:
    """Have files read into the cache as long as the context lasts, or until all are read."""
    helper = None
    with suppress(OSError, ValueError):
        helper = subprocess.Popen(
            [sys.executable, "-m", __name__, store],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert helper.stdin is not None
        with helper.stdin as given:
            given.write(b"\0".join(map(os.fsencode, paths)))
    try:
        yield
    finally:
        if helper is not None:
            helper.kill()
            helper.wait()


def main() -> None:
    """Read what standard input names."""
    for name in sys.stdin.buffer.read().split(b"\0"):
        read_cached(Path(sys.argv[1]), Path(os.fsdecode(name)))


if __name__ == "__main__":
    main()
