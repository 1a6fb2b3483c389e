"""Reads what standard input names into the shards of a folder: python -m models.corpus.helping SHARDS <PATHS."""

import os
import sys
from pathlib import Path

from models.corpus.store import Store


def main() -> None:
    """Read what standard input names."""
    store = Store(Path(sys.argv[1]))
    for name in sys.stdin.buffer.read().split(b"\0"):
        store.add(Path(os.fsdecode(name)))
    store.flush()


if __name__ == "__main__":
    main()
