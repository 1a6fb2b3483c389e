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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.samples import Codes
from models.corpus.sound_file import SUFFIXES, read_codes
from models.corpus.sound_notes import Notes, read_notes
from models.corpus.sources import Split, digest_of, found_in, may_be_file, split_of

VERSION: Final = 2
"""Raised when the same folder would be read to other codes or notes."""
FEW: Final = 10
"""With fewer files than this, each is split by time."""
NOTE_BYTES: Final = 4 * 8
"""What a note takes on disk."""
RENDERED: Final = "piano_rendered"
"""The folder of sounds that we can make."""
SHARES: Final = {"train": (0.0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1.0)}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sounds:
    """A split of a corpus, memory-mapped: what is not asked for takes no memory.

    codes: uint8, all sounds end to end. notes: of all sounds, (m, 4), times counted from the
    beginning of their own. starts, firsts: int64 (n + 1), where in `codes` each sound begins and
    in `notes` its notes, and the end.
    """

    name: str
    rate: int
    codes: Codes
    starts: NDArray[np.int64]
    notes: Notes
    firsts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Return how many sounds there are."""
        return len(self.starts) - 1

    def of(self, number: int) -> tuple[Codes, Notes]:
        """Return the codes of one sound, and its notes counted from its beginning."""
        start, end = self.starts[number : number + 2]
        first, last = self.firsts[number : number + 2]
        return self.codes[start:end], self.notes[first:last]

    def length(self, number: int) -> int:
        """Return how many samples a sound has."""
        return int(self.starts[number + 1] - self.starts[number])


def load(
    folder: Path, split: Split, rate: int, cache: Path | None = None, *, noted: bool = True
) -> Sounds:
    """Read a split of a folder of sounds, at `rate` samples a second; noted: with their notes.

    A file that cannot be used is logged in one sentence and left out. Raises ExtempoError if the
    folder is not there or has nothing for the split.
    """
    files = [replace(part, noted=noted) for part in files_of(folder, split)]
    store = cache or Path(platformdirs.user_cache_dir("extempo")) / "sound"
    kept = store / f"{folder.name}-{split}-{_digest(files, split, rate)}"
    if not (kept / "about.json").is_file():
        _make(kept, files, rate)
    about = json.loads((kept / "about.json").read_text())
    starts, firsts = (np.array(about[key], np.int64) for key in ("starts", "firsts"))
    codes: Codes = np.memmap(kept / "codes.u8", np.uint8, "r")
    # An empty file cannot be mapped.
    notes: Notes = np.zeros((0, 4), np.int64)
    if firsts[-1]:
        notes = np.memmap(kept / "notes.i64", np.int64, "r").reshape(-1, 4)
    return Sounds(folder.name, rate, codes, starts, notes, firsts)


@dataclass(frozen=True)
class Part:
    """A sound file, the share of it (from, to) that belongs to a split, and if its notes are wanted."""

    path: Path
    share: tuple[float, float] = (0.0, 1.0)
    noted: bool = True

    @property
    def midi(self) -> Path | None:
        """Return the MIDI file beside it, if there is one and it is wanted."""
        beside = (self.path.with_suffix(suffix) for suffix in (".mid", ".midi"))
        there = (path for path in beside if self.noted and os.path.lexists(path))
        return next((path for path in there if may_be_file(path)), None)


def files_of(folder: Path, split: Split) -> list[Part]:
    """Return the parts of sound files that are a split, in a fixed order."""
    if not folder.is_dir():
        raise ExtempoError(f"there is no folder of sounds {folder}: {_cure(folder)}.")
    if (folder / "train").is_dir():
        parts = [Part(path) for path in found_in(folder / split, SUFFIXES)]
    else:
        found = found_in(folder, SUFFIXES)
        if len(found) < FEW:
            parts = [Part(path, SHARES[split]) for path in found]
        else:
            parts = [Part(path) for path in found if split_of(digest_of(path)) == split]
    if not parts:
        raise ExtempoError(f"{folder} has no sounds for {split}: put more of them there.")
    return parts


def _cure(folder: Path) -> str:
    """Return what to do where a folder is not there."""
    if folder.name == RENDERED:
        return (
            f"make it with `python -m models.corpus.sound_cli {folder}`, or name the folder above "
            f"it with --data"
        )
    return (
        "put your recordings there, as WAV or FLAC, or name another folder with --corpus and the "
        "one above it with --data"
    )


def _digest(parts: list[Part], split: Split, rate: int) -> str:
    """Return a name for what would be read: it changes if any file does."""
    known: list[Any] = [VERSION, split, rate]
    for part in parts:
        for path in (part.path, part.midi):
            if path is not None:
                known.append(_state(path))
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def _state(path: Path) -> tuple[str, int, int]:
    """Return where a file is, its size, and when it was changed; -1 for one that is out of reach."""
    try:
        about = path.stat()
    except OSError:
        return str(path.absolute()), -1, -1
    return str(path.resolve()), about.st_size, about.st_mtime_ns


def _make(kept: Path, parts: list[Part], rate: int) -> None:
    """Write codes and notes of all files that can be used; what says so is written last."""
    kept.mkdir(parents=True, exist_ok=True)
    starts, firsts = [0], [0]
    fresh = [kept / f"{name}.{os.getpid()}.tmp" for name in ("codes", "notes", "about")]
    with fresh[0].open("wb") as file, fresh[1].open("wb") as beside:
        for part in parts:
            try:
                for block in _codes(part, rate):
                    file.write(block.tobytes())
                notes = read_notes(midi, rate) if (midi := part.midi) else None
            except ExtempoError as error:
                log.warning("skipped: %s", error)
                file.seek(starts[-1])
                file.truncate()
                continue
            if notes is not None:
                beside.write(_cut(notes, part.share, file.tell() - starts[-1]).tobytes())
            starts.append(file.tell())
            firsts.append(beside.tell() // NOTE_BYTES)
    fresh[2].write_text(json.dumps({"starts": starts, "firsts": firsts}))
    if len(starts) == 1:
        for path in fresh:
            path.unlink()
        raise ExtempoError(
            f"no sound of {parts[0].path.parent} could be used: see the lines above."
        )
    for path, name in zip(fresh, ("codes.u8", "notes.i64", "about.json"), strict=True):
        path.replace(kept / name)


def _codes(part: Part, rate: int) -> Iterator[Codes]:
    return read_codes(part.path, rate, part.share)


def _cut(notes: Notes, share: tuple[float, float], length: int) -> Notes:
    """Return the notes that are struck in a part of a sound, counted from where it begins."""
    begin = round(share[0] / (share[1] - share[0]) * length)
    moved: Notes = notes - (begin, begin, 0, 0)
    return moved[(moved[:, 0] >= 0) & (moved[:, 0] < length)]
