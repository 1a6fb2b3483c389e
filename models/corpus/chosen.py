"""A part of a corpus: `piano_scores:BeethovenLv_*` is what of it lies in files whose names are like that."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from models.contract.errors import ExtempoError
from models.corpus.folder import Folder

MARK: Final = ":"
"""Between the name of a corpus and what the names of its files are like."""


def whole_of(folder: Path) -> tuple[Path, str]:
    """Return the folder of a corpus, and what the names of its files are to be like: nothing for all of them."""
    name, mark, like = folder.name.partition(MARK)
    if not (mark and name) or folder.exists():
        return folder, ""
    return folder.with_name(name), like


def corpus_of(name: str) -> str:
    """Return the name of the corpus that a corpus, or a part of one, is of."""
    return name.partition(MARK)[0] or name


def part_of(found: Folder, pattern: str, where: str) -> Folder:
    """Return what lies in files of such names, all where the pattern is empty.

    Capitals count; `*` stands for anything. Raises ExtempoError, naming the corpus `where`, if a split has none.
    """
    if not pattern:
        return found
    names = [path.name for path in found.paths]
    splits = {
        split: [number for number in of if fnmatchcase(names[number], pattern)]
        for split, of in found.splits.items()
    }
    for split, of in found.splits.items():
        if of and not splits[split]:
            raise ExtempoError(
                f"{where} has no file for {split} that is called {pattern!r}: its files are called like "
                f"{names[of[0]]!r}, and * stands for anything."
            )
    return replace(found, splits=splits)
