"""Files to learn from, to measure with and to keep for the end: by an index, by their names, by what is in them."""

import csv
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final, Literal, TypeVar, get_args

from models.contract import files
from models.contract.errors import ExtempoError

Split = Literal["train", "valid", "test"]
Digest = Callable[[Path], bytes]
"""Tells what is in a file, in 32 bytes."""
INDEX: Final = "index.csv"
"""In a folder, the file that says which files are in which split."""
_One = TypeVar("_One")


def found_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of some kind in a folder and below, in a fixed order; of a file, itself."""
    inside = folder.rglob("*") if folder.is_dir() else (folder,)
    named = (path for path in inside if path.suffix.lower() in suffixes)
    return sorted(path for path in named if may_be_file(path))


def may_be_file(path: Path) -> bool:
    """Return whether it is a file, or a link that leads nowhere, which is told of when it is read."""
    return os.path.isfile(path) or not os.path.exists(path)


def indexed(index: Path) -> dict[str, list[Path]]:
    """Return the files of each split that an index names; ExtempoError if it is none."""
    found: dict[str, list[Path]] = defaultdict(list)
    try:
        with index.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["split"] is None:
                    raise KeyError(f"a split for {row['file']}")
                found[row["split"]].append(index.parent / row["file"])
    except (OSError, UnicodeError, csv.Error, KeyError, TypeError) as error:
        raise ExtempoError(
            f"{index} cannot be read as an index ({error}): it takes the columns file and split, or "
            f"take it away and the files are split by content."
        ) from error
    return found


def named_splits(paths: Iterable[Path]) -> dict[Split, list[Path]]:
    """Return the files that are named after their splits (train.abc); none where a split has none."""
    found: dict[Split, list[Path]] = {split: [] for split in get_args(Split)}
    for path in paths:
        for split, named in found.items():
            named += [path] if path.stem.lower() == split else []
    return found if all(found.values()) else {}


def unnamed(folder: Path, suffixes: Collection[str]) -> list[tuple[str, str]]:
    """Return the names of the files in a folder that no split takes where others are named after them, and why."""
    here = [] if (folder / INDEX).is_file() else found_in(folder, suffixes)
    named = {path for paths in named_splits(here).values() for path in paths}
    why = "it is not named after a split, as others are"
    return [(path.name, why) for path in here if named and path not in named]


def splits_of(ones: Iterable[_One], digest: Callable[[_One], bytes]) -> dict[Split, list[_One]]:
    """Split files or pieces by content; of a few, each split gets one of another's, train first and test last."""
    found: dict[Split, list[_One]] = {"train": [], "valid": [], "test": []}
    digests = {one: digest(one) for one in ones}
    for one, content in digests.items():
        found[split_of(content)].append(one)
    for split in found:
        if found[split]:
            continue
        # Copies of one file stay together, and what a split has one of it keeps, but for test.
        held = {other: {digests[one] for one in found[other]} for other in found}
        spare = [o for o in held if len(held[o]) > 1 or (o == "test" and held[o])]
        if spare:
            largest = max(spare, key=lambda other: len(held[other]))
            last = max(held[largest])
            found[split] = [one for one in found[largest] if digests[one] == last]
            found[largest] = [one for one in found[largest] if digests[one] != last]
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
