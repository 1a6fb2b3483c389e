"""What a folder of music holds, read and split.

An index or the files' names may say the splits. Else they are made by families, so that no piece is measured
on that has a version among those that are learned from.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from models.contract.errors import ExtempoError
from models.corpus.families import families
from models.corpus.known import Known
from models.corpus.opened import Pieces
from models.corpus.pieces import Longs, Piece
from models.corpus.readers.table import reader_of, suffixes_of, words_of
from models.corpus.splits import INDEX, Split, found_in, indexed, named_splits, splits_of, unnamed
from models.corpus.store import Row, Store
from models.corpus.taken import Left, left_out
from models.corpus.useful import fault_of

FEWEST: Final = 3
"""Pieces, of which each split gets one."""
Unwanted = Callable[[Piece], str]
"""Returns why a piece is not to be learned from; nothing where it may be."""


@dataclass(frozen=True)
class Folder:
    """Pieces of a folder, in the order of their files, and what was left out.

    splits: the pieces of each, by number. left: files; within: what else was left out, by name, and why. made: nobody
    had said the splits. mixed: versions of the same music are in several splits, since there is too little else.
    """

    pieces: Pieces
    paths: Sequence[Path]
    """The file of each piece."""
    splits: Mapping[Split, Sequence[int]]
    left: Left
    within: Sequence[tuple[str, str]]
    known: Sequence[Known]
    """What each piece is known by."""
    digests: Sequence[bytes]
    """Of each piece, by what it is split where nothing else says how."""
    made: bool = True
    mixed: bool = False

    @cached_property
    def families(self) -> Longs:
        """Return of each piece the number of the first of its family; see `models.corpus.families`."""
        return families([one.sketch for one in self.known], [one.number for one in self.known])

    def of(self, split: Split) -> Pieces:
        """Return the pieces of a split."""
        return self.pieces.of(self.splits[split])


def held(
    folder: Path, splits: Sequence[Split], store: Path, kinds: Sequence[str], unwanted: Unwanted
) -> Folder:
    """Read splits of a folder, as `whole` does. Raises ExtempoError if there is nothing for one of them."""
    found = whole(folder, splits, store, kinds, unwanted)
    for split in splits:
        if not found.splits[split]:
            raise ExtempoError(_too_little(folder, split, found, kinds))
    return found


def whole(
    folder: Path, splits: Sequence[Split], store: Path, kinds: Sequence[str], unwanted: Unwanted
) -> Folder:
    """Read splits of a folder, or of one file of many pieces; parsed files are kept in `store`.

    kinds: of files, names in `READERS`. Raises ExtempoError if its index is none.
    """
    said = _said(folder, kinds)
    if said is None:
        return _split(
            splits, _read(folder, found_in(folder, suffixes_of(kinds)), store, unwanted, kinds)
        )
    asked = {split: sorted(said[split]) for split in splits}
    read = _read(
        folder,
        dict.fromkeys(path for paths in asked.values() for path in paths),
        store,
        unwanted,
        kinds,
    )
    rows: dict[Path, list[int]] = {}
    for number, path in enumerate(read.paths):
        rows.setdefault(path, []).append(number)
    parts = {split: [n for path in of for n in rows.get(path, ())] for split, of in asked.items()}
    within = [*unnamed(folder, suffixes_of(kinds)), *read.within]
    return Folder(
        Pieces(read.pieces),
        read.paths,
        parts,
        read.left,
        within,
        read.known,
        read.digests,
        made=False,
    )


def named(kinds: Sequence[str]) -> str:
    """Return the words for kinds of files."""
    return words_of(kinds)


@dataclass(frozen=True)
class _Read:
    """What files hold; see `Folder`."""

    pieces: list[Piece | Row] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    left: dict[Path, str] = field(default_factory=dict)
    within: list[tuple[str, str]] = field(default_factory=list)


def _said(folder: Path, kinds: Sequence[str]) -> Mapping[Split, list[Path]] | None:
    """Return the files of each split where an index or their names say it."""
    suffixes = suffixes_of(kinds)
    if not (folder / INDEX).is_file():
        return named_splits(found_in(folder, suffixes)) or None
    found = indexed(folder / INDEX)
    splits: tuple[Split, ...] = ("train", "valid", "test")
    return {
        split: [path for path in found.get(split, ()) if path.suffix.lower() in suffixes]
        for split in splits
    }


def _split(splits: Sequence[Split], read: _Read) -> Folder:
    unsplit = Folder(
        Pieces(read.pieces), read.paths, {}, read.left, read.within, read.known, read.digests
    )
    together = _by_family(unsplit)
    mixed = len(set(together)) < FEWEST
    digests = read.digests if mixed else together
    parts = splits_of(range(len(read.pieces)), digests.__getitem__)
    return replace(
        unsplit, splits={split: parts[split] for split in splits}, mixed=mixed and bool(together)
    )


def _by_family(found: Folder) -> list[bytes]:
    """Return for each piece what its family is split by: the smallest digest in it.

    A piece without versions stays where it is, whatever lies beside it.
    """
    least: dict[int, bytes] = {}
    for family, digest in zip(found.families.tolist(), found.digests, strict=True):
        least[family] = min(digest, least.get(family, digest))
    return [least[family] for family in found.families.tolist()]


def _too_little(folder: Path, split: Split, found: Folder, kinds: Sequence[str]) -> str:
    count = len(found_in(folder, suffixes_of(kinds)))
    different = len(set(found.digests))
    left = f" It {left_out(found.left)}." if found.left else ""
    if found.made and count >= FEWEST:
        return (
            f"{folder} has too little {named(kinds)}: {different} different pieces of it are of use, and there "
            f"must be {FEWEST}, one for each split.{left}"
        )
    few = f"it has {count} of them, and there must be {FEWEST}, one for each split"
    why = few if count < FEWEST else "put more of them there"
    return f"{folder} has no {named(kinds)} files for {split}: {why}.{left}"


def _read(
    folder: Path, paths: Iterable[Path], store: Path, unwanted: Unwanted, kinds: Sequence[str]
) -> _Read:
    read = _Read()
    every = list(paths)
    for path, row in zip(every, _store(folder, store).read(every), strict=True):
        if row.entry.why:
            read.left[path] = row.entry.why
            continue
        held, knowns = row.opened()
        faults = [fault_of(piece, kinds) for piece in held.pieces]
        if faults and all(faults):
            read.left[path] = f"{path} {faults[0]}: leave it out."
            continue
        read.within.extend(held.left_out)
        many = reader_of(path).many
        for piece, known in zip(held.pieces, knowns, strict=True):
            if why := unwanted(piece):
                read.within.append((piece.name, why))
                continue
            # One of many would be looked for in all that its file holds.
            read.pieces.append(row if len(held.pieces) == 1 else piece)
            read.paths.append(path)
            read.known.append(known)
            read.digests.append(known.content if many else row.entry.digest)
    return read


def _store(folder: Path, store: Path) -> Store:
    where = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return Store(store / f"{folder.name}-{where}")
