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
from models.corpus.midi import VERSION, Piece, read_midi
from models.midi.reading import MOST

log = logging.getLogger(__name__)


def read_cached(store: Path, path: Path) -> Piece | str:
    """Read one file, from the cache if it is there; a text says why it could not be read."""
    try:
        content = files.read(path, MOST)
    except files.FileError as error:
        return str(error)
    kept = store / f"{hashlib.sha256(content).hexdigest()[:32]}-{VERSION}.npz"
    if (known := _recall(kept, path.name)) is not None:
        return known
    try:
        piece = read_midi(path)
    except ExtempoError as error:
        return str(error)
    fresh = kept.with_name(f"{kept.stem}.{os.getpid()}.tmp.npz")
    try:
        store.mkdir(parents=True, exist_ok=True)
        np.savez(fresh, notes=piece.notes, bars=piece.bars)
        fresh.replace(kept)
    except OSError as error:
        # It only saves time: a full disk or one that may not be written keeps nobody from reading.
        log.info("%s is not kept (%s)", kept, error.strerror)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return piece


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
