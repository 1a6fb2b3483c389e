"""Files of music that were read before: kept in a folder by their content."""

import hashlib
import logging
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from models.contract import files
from models.contract.errors import ExtempoError
from models.corpus.readers.reader import Held, Reader
from models.corpus.readers.table import reader_of

log = logging.getLogger(__name__)


def read_cached(store: Path, path: Path) -> Held | str:
    """Read what a file holds, from the cache if it is there; a text says why it could not be read."""
    reader = reader_of(path)
    try:
        digest = hashlib.sha256(files.read(path, reader.most))
        for other in map(path.with_suffix, reader.beside):
            if other.exists():
                digest.update(files.read(other, reader.most))
    except files.FileError as error:
        return str(error)
    kept = store / f"{digest.hexdigest()[:32]}-{reader.version}.npz"
    if (known := _recall(reader, kept, path.name)) is not None:
        return known
    try:
        held = reader.read(path)
    except ExtempoError as error:
        return str(error)
    fresh = kept.with_name(f"{kept.stem}.{os.getpid()}.tmp.npz")
    try:
        store.mkdir(parents=True, exist_ok=True)
        np.savez(fresh, allow_pickle=False, **reader.arrays(held))
        fresh.replace(kept)
    except OSError as error:
        # It only saves time: a full disk or one that may not be written keeps nobody from reading.
        log.info("%s is not kept (%s)", kept, error.strerror)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return held


def _recall(reader: Reader, kept: Path, name: str) -> Held | None:
    """Return what the cache has of a file, or None where that is nothing or damaged."""
    try:
        with kept.open("rb") as file, np.load(file) as arrays:
            return reader.held(name, arrays)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.info("%s was damaged and is made again", kept)
        return None
