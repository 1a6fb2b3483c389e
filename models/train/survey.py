"""What a folder of music holds, as figures: what `extempo corpus` shows, and training in short."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.corpus import sources
from models.corpus.facts import Facts
from models.corpus.folder import Folder
from models.corpus.readers.table import READERS, reader_of, suffixes_of
from models.corpus.splits import Split, found_in
from models.corpus.taken import by_reason
from models.measures.keys import best_keys

Reals = NDArray[np.float64]

KEYS: Final = tuple(
    f"{tonic} {mode}"
    for mode in ("major", "minor")
    for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
)
"""Names of `models.measures.keys`."""
NO_METRE: Final = "not said"
NO_KEY: Final = "none"
SHOWN: Final = 3
"""Of metres and keys, how many the short form names."""


class Leak(NamedTuple):
    """A piece that is to be measured with and has a version among those that are learned from."""

    split: Split
    piece: str
    version: str


class Share(NamedTuple):
    """One of the things of a kind, such as a metre: in how many pieces it is, and how many notes it has."""

    name: str
    pieces: int
    notes: int


@dataclass(frozen=True)
class Survey:
    """Figures of a folder. notes, unisons, seconds, tempi (0: not said): of each piece. families: of several, by name.

    kinds: files by kind. splits: pieces; moved: how many would have a version in another split if each were split by
    itself.
    """

    name: str
    kinds: Mapping[str, int]
    notes: Reals
    unisons: Reals
    seconds: Reals
    tempi: Reals
    longest: str
    instruments: Sequence[Share]
    metres: Sequence[Share]
    keys: Sequence[Share]
    families: Sequence[Sequence[str]]
    alone: int
    splits: Mapping[Split, int]
    made: bool
    mixed: bool
    leaks: Sequence[Leak]
    left: Sequence[str]

    @property
    def share(self) -> float:
        """Return the longest piece's share of all notes."""
        return float(self.notes.max() / self.notes.sum()) if self.notes.sum() else 0.0


def survey(folder: Path, cache: Path | None = None) -> Survey:
    """Read a folder of music, whatever it holds, and look at it. Raises ExtempoError if it holds none."""
    if not folder.exists():
        raise ExtempoError(f"there is no folder {folder}: name one that has music in it.")
    kinds = {kind: found_in(folder, suffixes_of((kind,))) for kind in READERS}
    known = [kind for kind, paths in kinds.items() if paths]
    if not known:
        read = ", ".join(f"{one.kind} ({', '.join(one.suffixes)})" for one in READERS.values())
        raise ExtempoError(f"{folder} holds no music that is read: put files there of {read}.")
    found = sources.whole(folder, cache, known)
    counts = Counter(reader_of(path).kind for kind in known for path in kinds[kind])
    return _survey(folder, found, counts)


def _survey(folder: Path, found: Folder, kinds: Mapping[str, int]) -> Survey:
    said = [piece.facts() for piece in found.pieces]
    notes = np.array([sum(one.notes.values()) for one in said], float)
    sizes = Counter(found.families.tolist())
    longest = found.pieces[int(notes.argmax())].name if len(notes) else ""
    return Survey(
        name=folder.name or str(folder),
        kinds=kinds,
        notes=notes,
        unisons=np.array([one.unisons for one in said], float),
        seconds=np.array([one.seconds for one in said]),
        tempi=np.array([one.tempo for one in said]),
        longest=longest,
        instruments=_shares(one.notes for one in said),
        metres=_shares(
            dict.fromkeys(one.metres or (NO_METRE,), sum(one.notes.values())) for one in said
        ),
        keys=_shares(map(_key, said)),
        families=_named(found, sizes),
        alone=sum(1 for size in sizes.values() if size == 1),
        splits={split: len(of) for split, of in found.splits.items()},
        made=found.made,
        mixed=found.mixed,
        leaks=list(leaks(found)),
        left=by_reason(found.left, found.within),
    )


def leaks(found: Folder) -> Iterator[Leak]:
    """Yield the pieces of other splits that have a version in train."""
    learned = {int(found.families[number]): number for number in found.splits.get("train", ())}
    for split, numbers in found.splits.items():
        for number in numbers:
            other = learned.get(int(found.families[number]))
            if split != "train" and other is not None:
                yield Leak(split, found.pieces[number].name, found.pieces[other].name)


def short(found: Folder, counted: Sequence[int]) -> str:
    """Return in a few words what is learned from. counted: steps of each piece of train."""
    numbers = found.splits["train"]
    top = int(np.argmax(counted))
    steps = sum(counted)
    families = len(set(found.families[list(numbers)].tolist()))
    said = (
        f"{len(numbers):,} pieces of {families:,} families to learn from have {steps:,} steps; "
        f"the longest, {found.pieces[numbers[top]].name}, has {counted[top] / max(steps, 1):.1%} of them"
    )
    pieces = [found.pieces[number] for number in numbers]
    if unisons := sum(piece.unisons for piece in pieces):
        share = unisons / (unisons + sum(len(piece.score.notes) for piece in pieces))
        said += f"; {share:.1%} of the notes are one with another part's on one piano"
    for split, leaked in Counter(one.split for one in leaks(found)).items():
        said += f"; {leaked} of {len(found.splits[split])} of {split} are versions of some of them"
    return said


def _key(said: Facts) -> Mapping[str, int]:
    """Return the key that a piece is written in, or else the one that it fits best, with its notes."""
    best = int(best_keys(said.pitches[None].astype(float))[0])
    key = said.key or (KEYS[best] if best >= 0 else NO_KEY)
    return {key: sum(said.notes.values())}


def _shares(each: Iterable[Mapping[str, int]]) -> list[Share]:
    pieces: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    for one in each:
        pieces.update(one.keys())
        notes.update(one)
    return [Share(name, count, notes[name]) for name, count in pieces.most_common()]


def _named(found: Folder, sizes: Mapping[int, int]) -> list[list[str]]:
    """Return the families of more than one, largest first, by the names of their pieces."""
    members: dict[int, list[str]] = defaultdict(list)
    for number, family in enumerate(found.families.tolist()):
        if sizes[family] > 1:
            members[family].append(found.pieces[number].name)
    return sorted(members.values(), key=len, reverse=True)
