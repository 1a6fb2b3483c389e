"""The corpora: a table of what is known, their splits, and any folder of MIDI files of one's own.

Below the data folder each known corpus has a folder with `index.csv` (columns file, split and
licence). Any other folder of MIDI files is split by piece, by a hash of each file's content.
"""

import csv
import hashlib
import logging
import multiprocessing
import os
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np
import platformdirs

from models.contract.document import Corpus
from models.contract.errors import ExtempoError
from models.corpus.midi import VERSION, Piece, read_midi

Split = Literal["train", "valid", "test"]
SUFFIXES: Final = (".mid", ".midi")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A corpus that is known: where it is from, and what may be done with it.

    tier: A, its licence is clear (public domain, CC0, CC BY, MIT) and what learned from it may
    ship; B, the music is in the public domain and its encoder's terms are not stated.
    """

    title: str
    origin: str
    licence: str
    attribution: str
    tier: Literal["A", "B"] = "A"


_CHOPIN = (
    "github.com/pl-wnifc/humdrum-chopin-first-editions@95dfb105c1669c72d10b04088566154f12d3dc1c"
)
_POLISH = "github.com/pl-wnifc/humdrum-polish-scores@c0403623c0da3f75f1bcd6041dc85098e0cabe02"
_MUTOPIA = "github.com/MutopiaProject/MutopiaProject@2144afd6f52d56c5b6995b8b589ef1268b3139f0"
_LIEDER = "github.com/OpenScore/Lieder@bca122458de6da362abe62dd6aec62e25d7759b1"
_NIFC = "The Fryderyk Chopin Institute (https://chopinscores.org, https://polishscores.org)"
_TYPESETTERS = "the typesetters of the Mutopia Project (https://www.mutopiaproject.org)"

SOURCES: Final[dict[str, Source]] = {
    "piano_scores": Source(
        "solo keyboard music",
        f"{_CHOPIN}, {_POLISH}, {_MUTOPIA}",
        "CC BY 4.0 and public domain",
        f"{_NIFC}; {_TYPESETTERS}",
    ),
    "piano_rendered": Source(
        "piano rendered from piano_scores by `python -m models.corpus.sound_cli`",
        f"{_CHOPIN}, {_POLISH}, {_MUTOPIA}; piano: MuseScore_General_HQ 0.2.1",
        "CC BY 4.0 and public domain",
        f"{_NIFC}; {_TYPESETTERS}; piano: Splendid Grand (public domain), adapted by S. Christian "
        f"Collins (MIT)",
    ),
    "lieder_cc0": Source(
        "songs for voice and piano", _LIEDER, "CC0 1.0", "OpenScore Lieder Corpus"
    ),
    "satb_polish": Source("four-part vocal music", _POLISH, "CC BY 4.0", _NIFC),
    "mutopia_guitar": Source(
        "guitar and lute solos", _MUTOPIA, "public domain and CC BY", _TYPESETTERS
    ),
}


def files_of(folder: Path, split: Split) -> list[Path]:
    """Return the MIDI files of a split, in a fixed order.

    Raises ExtempoError if the folder is not there or the split has no file.
    """
    if not folder.is_dir():
        raise ExtempoError(
            f"there is no corpus in {folder}: name the folder above it with --data, or get it "
            f"from its origin ({_origin(folder.name)})."
        )
    index = folder / "index.csv"
    if index.is_file():
        with index.open(newline="", encoding="utf-8") as lines:
            rows = [row for row in csv.DictReader(lines) if row["split"] == split]
        paths = sorted(folder / row["file"] for row in rows)
    else:
        found = found_in(folder, SUFFIXES)
        paths = _splits(found)[split]
    if not paths:
        raise ExtempoError(f"{folder} has no MIDI files for {split}: put more of them there.")
    return paths


def found_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of some kind in a folder and below, in a fixed order."""
    named = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    return sorted(path for path in named if may_be_file(path))


def may_be_file(path: Path) -> bool:
    """Return whether it is a file, or a link that leads nowhere, which is told of when it is read."""
    return os.path.isfile(path) or not os.path.exists(path)


def _splits(paths: list[Path]) -> dict[Split, list[Path]]:
    """Split by content; of a few files, valid and test get one each that would have been train's."""
    found: dict[Split, list[Path]] = {"train": [], "valid": [], "test": []}
    digests = {path: digest_of(path) for path in paths}
    for path, digest in digests.items():
        found[split_of(digest)].append(path)
    wanting: tuple[Split, ...] = ("valid", "test")
    for split in wanting:
        several = len({digests[path] for path in found["train"]}) > 1
        if not found[split] and several:
            last = max(digests[path] for path in found["train"])
            found[split] = [path for path in found["train"] if digests[path] == last]
            found["train"] = [path for path in found["train"] if digests[path] != last]
    return found


def digest_of(path: Path) -> bytes:
    """Return what is in a file in 32 bytes, all zero for one that cannot be read.

    That one is told of with the split that is read first.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return bytes(32)


def split_of(digest: bytes) -> Split:
    """Return the split of a file by what is in it: 80 % train, 10 % valid, 10 % test."""
    bucket = int.from_bytes(digest[:4], "big") % 10
    return "train" if bucket < 8 else "valid" if bucket == 8 else "test"


def load(folder: Path, split: Split, cache: Path | None = None) -> list[Piece]:
    """Read a split of a corpus; parsed files are kept in `cache` (the user's cache if None).

    A file that cannot be read is logged in one line and left out. Raises ExtempoError if the
    folder or the split is empty.
    """
    store = cache or Path(platformdirs.user_cache_dir("extempo")) / "corpus"
    store.mkdir(parents=True, exist_ok=True)
    paths = files_of(folder, split)
    read = partial(_read_cached, store)
    if len(paths) > 64:
        # Spawned: a fork of a process whose torch threads run may hang.
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            results: Sequence[Piece | str] = pool.map(read, paths, chunksize=16)
    else:
        results = [read(path) for path in paths]
    for result in results:
        if isinstance(result, str):
            log.warning("skipped: %s", result)
    pieces = [result for result in results if isinstance(result, Piece)]
    if not pieces:
        raise ExtempoError(f"no file of {folder} could be read: see the lines above.")
    return pieces


def describe(name: str, pieces: int) -> Corpus:
    """Return what an artifact says of a corpus that it learned from."""
    source = SOURCES.get(name)
    if source is None:
        return Corpus(name, "not stated", "not stated", "a folder of the user's own", pieces)
    return Corpus(name, source.licence, source.attribution, source.origin, pieces)


def _origin(name: str) -> str:
    return SOURCES[name].origin if name in SOURCES else "a folder of your own"


def _recall(kept: Path, name: str) -> Piece | None:
    """Return a piece from the cache, or None where it is not there or damaged."""
    try:
        with kept.open("rb") as file, np.load(file) as arrays:
            return Piece(name, arrays["notes"], arrays["bars"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.info("%s was damaged and is made again", kept)
        return None


def _read_cached(store: Path, path: Path) -> Piece | str:
    """Read one file, from the cache if it is there; a text says why it could not be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"{path} cannot be opened ({error.strerror})."
    kept = store / f"{hashlib.sha256(content).hexdigest()[:32]}-{VERSION}.npz"
    if (known := _recall(kept, path.name)) is not None:
        return known
    try:
        piece = read_midi(path)
    except ExtempoError as error:
        return str(error)
    fresh = kept.with_name(f"{kept.stem}.{multiprocessing.current_process().pid}.tmp.npz")
    np.savez(fresh, notes=piece.notes, bars=piece.bars)
    fresh.replace(kept)
    return piece
