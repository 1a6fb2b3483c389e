"""Files to learn from, to measure with and to keep for the end: split by what is in them."""

import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from models.contract import files

Split = Literal["train", "valid", "test"]
Digest = Callable[[Path], bytes]
"""Tells what is in a file, in 32 bytes."""


def splits_of(paths: Iterable[Path], digest: Digest) -> dict[Split, list[Path]]:
    """Split by content; of a few files, each split gets one of another's, train first and test last."""
    found: dict[Split, list[Path]] = {"train": [], "valid": [], "test": []}
    digests = {path: digest(path) for path in paths}
    for path, content in digests.items():
        found[split_of(content)].append(path)
    for split in found:
        if found[split]:
            continue
        # Copies of one file stay together, and what a split has one of it keeps, but for test.
        held = {other: {digests[path] for path in found[other]} for other in found}
        spare = [o for o in held if len(held[o]) > 1 or (o == "test" and held[o])]
        if spare:
            largest = max(spare, key=lambda other: len(held[other]))
            last = max(held[largest])
            found[split] = [path for path in found[largest] if digests[path] == last]
            found[largest] = [path for path in found[largest] if digests[path] != last]
    return found


def digest_of(path: Path, most: int = sys.maxsize) -> bytes:
    """Return what is in a file in 32 bytes, all zero for one that is not read, or has more than `most` bytes.

    That one is told of with the split that is read first.
    """
    digest = hashlib.sha256()
    try:
        for part in files.parts(path, most):
            digest.update(part)
    except files.FileError:
        return bytes(32)
    return digest.digest()


def split_of(digest: bytes) -> Split:
    """Return the split of a file by what is in it: 80 % train, 10 % valid, 10 % test."""
    bucket = int.from_bytes(digest[:4], "big") % 10
    return "train" if bucket < 8 else "valid" if bucket == 8 else "test"
