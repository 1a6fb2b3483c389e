"""Sounds to learn from: any folder of recordings, as mu-law codes on disk with notes beside them.

A folder is read once, file by file, into one file of codes in the cache, and is memory-mapped from
there: memory is bounded however long it sounds. A MIDI file of the same name beside a sound holds
its notes, in the same seconds. Folders called train, valid and test are the split; else files are
split by content, or, where there are too few, each file by time.
"""

import functools
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.samples import Codes
from models.corpus.prints import print_of
from models.corpus.readers.midi import VERSION as MIDI_VERSION
from models.corpus.sound.file import SUFFIXES, read_codes
from models.corpus.sound.notes import Notes, read_notes
from models.corpus.splits import Digest, Split, digest_of, found_in, may_be_file, splits_of
from models.corpus.taken import NOTES, left_out, tell

_LIBRARIES: Final = ("soundfile", "soxr")
"""What reads the files and resamples them: other versions may give other samples."""
VERSION: Final = 3
"""Raised when the same folder would be read to other codes or notes, or more is kept of it."""
FEW: Final = 10
"""With fewer files than this, each is split by time."""
NOTE_BYTES: Final = 4 * 8
"""What a note takes on disk."""
RENDERED: Final = "piano_rendered"
"""The folder of sounds that we can make."""
SHARES: Final = {"train": (0.0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1.0)}


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
    names: list[str] = field(default_factory=list)
    """The file's, of each sound."""
    prints: list[list[int]] = field(default_factory=list)
    """Of each sound, what it is known by (see `prints_of`)."""
    left: list[tuple[Path, str]] = field(default_factory=list)
    """What was left out, and why."""

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


@dataclass(frozen=True)
class Part:
    """A sound file, the share of it (from, to) that belongs to a split, and if its notes are wanted."""

    path: Path
    share: tuple[float, float] = (0.0, 1.0)
    noted: bool = True

    @property
    def midi(self) -> Path | None:
        """Return the MIDI file beside it, if there is one and it is wanted."""
        beside = (self.path.with_suffix(suffix) for suffix in NOTES)
        there = (path for path in beside if self.noted and os.path.lexists(path))
        return next((path for path in there if may_be_file(path)), None)


def load(
    folder: Path, split: Split, rate: int, cache: Path | None = None, *, noted: bool = True
) -> Sounds:
    """Read a split of a folder of sounds, as `read` does."""
    return read(folder, (split,), rate, cache, noted=noted)[split]


def read(
    folder: Path,
    splits: Sequence[Split],
    rate: int,
    cache: Path | None = None,
    *,
    noted: bool = True,
) -> dict[Split, Sounds]:
    """Read splits of a folder of sounds, at `rate` samples a second; noted: with their notes.

    What was taken and what was left out is logged in one line. Raises ExtempoError if the folder is
    not there or has nothing for a split.
    """
    store = cache or Path(platformdirs.user_cache_dir("extempo")) / "sound"
    useless: dict[Path, str] = {}
    digest = functools.cache(digest_of)
    while True:
        try:
            parts = {split: files_of(folder, split, useless, digest) for split in splits}
        except ExtempoError as error:
            raise ExtempoError(f"{error} It {left_out(useless)}.") if useless else error from None
        try:
            made = {
                split: _kept(store, folder.name, split, rate, [replace(p, noted=noted) for p in of])
                for split, of in parts.items()
            }
        except _Useless as nothing:
            # The files are split as if they were not there.
            useless |= nothing.left
            continue
        left = useless | {path: said for sounds in made.values() for path, said in sounds.left}
        tell(folder, {split: sounds.count for split, sounds in made.items()}, left)
        return made


class _Useless(Exception):
    """None of the files of a split is of use."""

    def __init__(self, left: dict[Path, str]) -> None:
        super().__init__(left)
        self.left = left


def _kept(store: Path, name: str, split: Split, rate: int, parts: list[Part]) -> Sounds:
    """Return the sounds of a split from the cache, made now if it has not got them."""
    kept = store / f"{name}-{split}-{_digest(parts, split, rate)}"
    if not (kept / "about.json").is_file():
        try:
            _make(kept, parts, rate)
        except OSError as error:
            raise ExtempoError(
                f"the sounds of {name} cannot be kept in {store} ({error.strerror or error}): make "
                f"room there, or name another place with XDG_CACHE_HOME."
            ) from error
    about = json.loads((kept / "about.json").read_text(encoding="utf-8"))
    starts, firsts = (np.array(about[key], np.int64) for key in ("starts", "firsts"))
    codes: Codes = np.memmap(kept / "codes.u8", np.uint8, "r")
    # An empty file cannot be mapped.
    notes: Notes = np.zeros((0, 4), np.int64)
    if firsts[-1]:
        notes = np.memmap(kept / "notes.i64", np.int64, "r").reshape(-1, 4)
    left = [(_path(path), said) for path, said in about["left"]]
    names = [_path(path).name for path in about["paths"]]
    return Sounds(name, rate, codes, starts, notes, firsts, names, about["prints"], left)


def _path(kept: str) -> Path:
    """Return a path as it was kept: by its bytes, for not every name is text."""
    return Path(os.fsdecode(bytes.fromhex(kept)))


def files_of(
    folder: Path, split: Split, without: Collection[Path] = (), digest: Digest = digest_of
) -> list[Part]:
    """Return the parts of sound files that are a split, in a fixed order.

    without: files that are useless, as if they were not there. digest: for who asks again, and remembers.
    """
    if not folder.is_dir():
        raise ExtempoError(f"there is no folder of sounds {folder}: {_cure(folder)}.")
    if (folder / "train").is_dir():
        found = [path for path in found_in(folder / split, SUFFIXES) if path not in without]
        parts = [Part(path) for path in found]
    else:
        found = [path for path in found_in(folder, SUFFIXES) if path not in without]
        if len(found) < FEW:
            parts = [Part(path, SHARES[split]) for path in found]
        else:
            parts = [Part(path) for path in sorted(splits_of(found, digest)[split])]
    if not parts:
        raise ExtempoError(f"{folder} has no sounds for {split}: put more of them there.")
    return parts


def prints_of(part: Part) -> list[int]:
    """Return what is known of a part by its file's content: a number for each share that it overlaps."""
    digest = digest_of(part.path)
    return [
        print_of(digest + split.encode())
        for split, (begin, end) in SHARES.items()
        if begin < part.share[1] and part.share[0] < end
    ]


def _cure(folder: Path) -> str:
    """Return what to do where a folder is not there."""
    if folder.name == RENDERED:
        return (
            f"make it with `python -m models.corpus.sound.cli {folder}`, or name the folder above "
            f"it with --data"
        )
    return (
        "put your recordings there, as WAV or FLAC, or name another folder with --corpus and the "
        "one above it with --data"
    )


def _digest(parts: list[Part], split: Split, rate: int) -> str:
    """Return a name for what would be read: it changes if any file does."""
    versions = [metadata.version(name) for name in _LIBRARIES]
    known: list[Any] = [VERSION, MIDI_VERSION, versions, split, rate]
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
    """Write codes and notes of all files that can be used; what says so is written last.

    Raises _Useless if none can, and OSError where it cannot be written.
    """
    kept.mkdir(parents=True, exist_ok=True)
    fresh = [kept / f"{name}.{os.getpid()}.tmp" for name in ("codes", "notes", "about")]
    try:
        about = _write(fresh[0], fresh[1], parts, rate)
        fresh[2].write_text(json.dumps(about), encoding="utf-8")
        for path, name in zip(fresh, ("codes.u8", "notes.i64", "about.json"), strict=True):
            path.replace(kept / name)
    finally:
        for path in fresh:
            path.unlink(missing_ok=True)


def _write(codes: Path, beside: Path, parts: list[Part], rate: int) -> dict[str, Any]:
    starts, firsts = [0], [0]
    taken: list[Part] = []
    left: dict[Path, str] = {}
    with codes.open("wb") as file, beside.open("wb") as noted:
        for part in parts:
            try:
                for block in _codes(part, rate):
                    file.write(block.tobytes())
                notes = read_notes(midi, rate) if (midi := part.midi) else None
            except ExtempoError as error:
                left[part.path] = str(error)
                file.seek(starts[-1])
                file.truncate()
                continue
            if notes is not None:
                noted.write(_cut(notes, part.share, file.tell() - starts[-1]).tobytes())
            starts.append(file.tell())
            firsts.append(noted.tell() // NOTE_BYTES)
            taken.append(part)
    if not taken:
        raise _Useless(left)
    return {
        "starts": starts,
        "firsts": firsts,
        "paths": [os.fsencode(part.path).hex() for part in taken],
        "prints": [prints_of(part) for part in taken],
        "left": [(os.fsencode(path).hex(), said) for path, said in left.items()],
    }


def _codes(part: Part, rate: int) -> Iterator[Codes]:
    return read_codes(part.path, rate, part.share)


def _cut(notes: Notes, share: tuple[float, float], length: int) -> Notes:
    """Return the notes that are struck in a part of a sound, counted from where it begins."""
    begin = round(share[0] / (share[1] - share[0]) * length)
    moved: Notes = notes - (begin, begin, 0, 0)
    return moved[(moved[:, 0] >= 0) & (moved[:, 0] < length)]
