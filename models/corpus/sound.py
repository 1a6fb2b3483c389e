"""Sounds to learn from: any folder of recordings, as mu-law codes on disk with notes beside them.

A folder is read once, file by file, into one file of codes in the cache, and is memory-mapped from
there: memory is bounded however long it sounds. A MIDI file of the same name beside a sound holds
its notes, in the same seconds. Folders called train, valid and test are the split; else files are
split by content, or, where there are too few, each file by time.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.samples import Codes
from models.corpus.sound_file import SUFFIXES, read_codes
from models.corpus.sound_notes import Notes, read_notes
from models.corpus.sources import Split

VERSION: Final = 1
"""Raised when the same folder would be read to other codes or notes."""
FEW: Final = 10
"""With fewer files than this, each is split by time."""
SHARES: Final = {"train": (0.0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1.0)}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sounds:
    """A split of a corpus.

    codes: uint8, all sounds end to end, memory-mapped. starts: int64 (n + 1), where each sound
    begins, and the end. notes: of all sounds, (m, 4), times counted in `codes`.
    """

    name: str
    rate: int
    codes: Codes
    starts: NDArray[np.int64]
    notes: Notes

    @property
    def count(self) -> int:
        """Return how many sounds there are."""
        return len(self.starts) - 1

    def of(self, number: int) -> tuple[Codes, Notes]:
        """Return the codes of one sound, and its notes counted from its beginning."""
        start, end = (int(at) for at in self.starts[number : number + 2])
        first, last = np.searchsorted(self.notes[:, 0], (start, end))
        notes: Notes = self.notes[first:last] - (start, start, 0, 0)
        return self.codes[start:end], notes


def load(folder: Path, split: Split, rate: int, cache: Path | None = None) -> Sounds:
    """Read a split of a folder of sounds, at `rate` samples a second.

    A file that cannot be used is logged in one sentence and left out. Raises ExtempoError if the
    folder is not there or has nothing for the split.
    """
    files = files_of(folder, split)
    store = cache or Path(platformdirs.user_cache_dir("extempo")) / "sound"
    kept = store / f"{folder.name}-{split}-{_digest(files, split, rate)}"
    if not (kept / "about.json").is_file():
        _make(kept, files, rate)
    starts = np.array(json.loads((kept / "about.json").read_text())["starts"], np.int64)
    codes: Codes = np.memmap(kept / "codes.u8", np.uint8, "r")
    return Sounds(folder.name, rate, codes, starts, np.load(kept / "notes.npy"))


@dataclass(frozen=True)
class Part:
    """A sound file, and the share of it (from, to) that belongs to a split."""

    path: Path
    share: tuple[float, float] = (0.0, 1.0)

    @property
    def midi(self) -> Path | None:
        """Return the MIDI file beside it, if there is one."""
        beside = (self.path.with_suffix(suffix) for suffix in (".mid", ".midi"))
        return next((path for path in beside if path.is_file()), None)


def files_of(folder: Path, split: Split) -> list[Part]:
    """Return the parts of sound files that are a split, in a fixed order."""
    if not folder.is_dir():
        raise ExtempoError(
            f"there is no folder of sounds {folder}: name the folder above it with --data, or "
            f"make one of piano with `python -m models.corpus.sound_cli {folder}`."
        )
    if (folder / "train").is_dir():
        parts = [Part(path) for path in _found(folder / split)]
    else:
        found = _found(folder)
        if len(found) < FEW:
            parts = [Part(path, SHARES[split]) for path in found]
        else:
            parts = [Part(path) for path in found if _split(path) == split]
    if not parts:
        raise ExtempoError(f"{folder} has no sounds for {split}: put more of them there.")
    return parts


def _found(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)


def _split(path: Path) -> Split:
    with path.open("rb") as file:
        bucket = int.from_bytes(hashlib.file_digest(file, "sha256").digest()[:4], "big") % 10
    return "train" if bucket < 8 else "valid" if bucket == 8 else "test"


def _digest(parts: list[Part], split: Split, rate: int) -> str:
    """Return a name for what would be read: it changes if any file does."""
    known: list[Any] = [VERSION, split, rate]
    for part in parts:
        for path in (part.path, part.midi):
            if path is not None:
                about = path.stat()
                known.append((str(path.resolve()), about.st_size, about.st_mtime_ns))
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def _make(kept: Path, parts: list[Part], rate: int) -> None:
    """Write codes and notes of all files that can be used; what says so is written last."""
    kept.mkdir(parents=True, exist_ok=True)
    starts, notes = [0], [np.zeros((0, 4), np.int64)]
    fresh = kept / f"codes.{os.getpid()}.tmp"
    with fresh.open("wb") as file:
        for part in parts:
            begin = starts[-1]
            try:
                for block in _codes(part, rate):
                    file.write(block.tobytes())
                found = None if part.midi is None else read_notes(part.midi, rate)
            except ExtempoError as error:
                log.warning("skipped: %s", error)
                file.seek(begin)
                file.truncate()
                continue
            starts.append(file.tell())
            if found is not None:
                moved = _cut(found, part.share, starts[-1] - begin)
                moved[:, :2] += begin
                notes.append(moved)
    if len(starts) == 1:
        fresh.unlink()
        raise ExtempoError(
            f"no sound of {parts[0].path.parent} could be used: see the lines above."
        )
    fresh.replace(kept / "codes.u8")
    np.save(kept / "notes.npy", np.concatenate(notes))
    about = kept / f"about.{os.getpid()}.tmp"
    about.write_text(json.dumps({"starts": starts}))
    about.replace(kept / "about.json")


def _codes(part: Part, rate: int) -> Iterator[Codes]:
    return read_codes(part.path, rate, part.share)


def _cut(notes: Notes, share: tuple[float, float], length: int) -> Notes:
    """Return the notes that are struck in a part of a sound, counted from where it begins."""
    begin = round(share[0] / (share[1] - share[0]) * length)
    moved: Notes = notes - (begin, begin, 0, 0)
    return moved[(moved[:, 0] >= 0) & (moved[:, 0] < length)]
