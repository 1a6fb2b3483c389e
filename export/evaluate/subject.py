"""What is evaluated: an artifact that plays notes, and music by people that it has not learned from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from live.declared.knob import Value
from live.runtime.library import find
from live.runtime.opening import Opened, opened
from live.runtime.steps import OnnxModel
from models.contract.errors import ExtempoError, GivenError
from models.corpus import sources
from models.corpus.encoders.encoder import Encoder
from models.corpus.encoders.table import encoder_of
from models.corpus.prints import known, piece_print
from models.corpus.splits import Split
from models.train.subject import Overlap, Subject, heard_by

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What the command was asked: which people's music, how much is played, and with which knobs turned."""

    data: Path
    corpora: tuple[str, ...]
    split: Literal["valid", "test"]
    seeds: int
    bars: int
    knobs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """An artifact beside people's pieces. corpora: folders below the data, with their weights."""

    opened: Opened
    model: OnnxModel
    writes: Encoder
    asked: Asked
    corpora: Mapping[str, float]
    pieces: Sequence[Any]

    @property
    def names(self) -> list[str]:
        """Return the corpora's names, without the folders that they lie in."""
        return [Path(name).name for name in self.corpora]

    @cached_property
    def learned(self) -> dict[str, tuple[float, Sequence[Any]]]:
        """Return the training pieces of the corpora, with their weights."""
        return {name: (weight, self._read(name, "train")) for name, weight in self.corpora.items()}

    def all_learned(self) -> tuple[list[Any], list[str]]:
        """Return the training pieces of all corpora that it names, and which corpora are not below the data."""
        found: list[Any] = []
        missing = []
        for name in dict.fromkeys((*self.corpora, *_own(self.opened))):
            try:
                found += (
                    self.learned[name][1] if name in self.learned else self._read(name, "train")
                )
            except ExtempoError:
                missing.append(Path(name).name)
        return found, missing

    @property
    def seed(self) -> int:
        """Return that of its last training's stream."""
        trainings = self.opened.document.trainings
        return trainings[-1].seed if trainings else 1

    def overlap(self) -> Overlap:
        """Return which of the pieces it has learned from under whatever name."""
        document = self.opened.document
        subject = Subject(
            document.name, document.corpora, document.trainings, document.heard, self.corpora, self.seed
        )  # fmt: skip
        heard, unknown = heard_by(
            subject,
            {Path(name).name: map(piece_print, own) for name, (_, own) in self.learned.items()},
            lambda name: map(piece_print, self._read(name, "train")),
        )
        again = known([(piece_print(piece),) for piece in self.pieces], heard)
        names = [self.pieces[number].name for number in again]
        return Overlap(len(self.pieces), names, unknown)

    def _read(self, name: str, split: Split) -> Sequence[Any]:
        return sources.read(self.asked.data / name, (split,), None, self.writes.reads)[split]


def judged(artifact: str, asked: Asked) -> Judged:
    """Open an artifact and read the people's music. Raises ExtempoError, one sentence."""
    if artifact.endswith(".pt"):
        raise GivenError(
            f"{artifact} is a checkpoint: make an artifact of it with extempo export, and evaluate that."
        )
    found = opened(find(artifact), "events")
    model: OnnxModel = found.take()
    writes = encoder_of(model.representation)
    corpora = dict.fromkeys(asked.corpora, 1.0) or _most(found)
    pieces = [
        piece
        for name in corpora
        for piece in sources.read(asked.data / name, (asked.split,), None, writes.reads)[
            asked.split
        ]
    ]
    return Judged(found, model, writes, asked, corpora, pieces)


def _most(found: Opened) -> Mapping[str, float]:
    """Return the corpus that it has learned most from."""
    own = _own(found)
    if not own:
        raise ExtempoError(
            f"{found.path} does not say what it has learned from: name a folder with --corpus."
        )
    return {max(own, key=lambda name: own[name]): 1.0}


def _own(found: Opened) -> Mapping[str, float]:
    """Return the corpora that it has learned from, with their weights."""
    document = found.document
    own = {corpus.name: 1.0 for corpus in document.corpora}
    return own | (document.trainings[-1].corpora if document.trainings else {})


def evenly(things: Sequence[T]) -> Iterator[T]:
    """Yield all things in an order of which any beginning is spread evenly over them."""
    bits = max(len(things) - 1, 1).bit_length()
    for number in range(1 << bits):
        at = int(f"{number:0{bits}b}"[::-1], 2)
        if at < len(things):
            yield things[at]
