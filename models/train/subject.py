"""The trained model that is measured, what it is measured on, and whether it has heard that before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from models.contract.document import Corpus, Training
from models.contract.errors import ExtempoError
from models.corpus.encoders.encoder import Encoder
from models.corpus.windows import Batch
from models.nets.audio import AudioNet

NAMED: Final = 3
"""How many of the pieces heard before are named."""
Nats = Callable[[Sequence[Batch]], Mapping[str, float]]
"""Returns nats by factor, and their sum as `all`."""


@dataclass(frozen=True)
class Subject:
    """A trained model, of a checkpoint or an artifact.

    own: the corpora of its last training, with their weights. seed: of its training stream.
    nats, writes: of a model of notes. net: of a model of sound. most: at most so many windows are
    measured, spread evenly (None: all, of notes).
    """

    name: str
    corpora: list[Corpus]
    trainings: list[Training]
    heard: list[int]
    own: Mapping[str, float]
    seed: int
    nats: Nats | None = None
    writes: Encoder | None = None
    net: AudioNet | None = None
    most: int | None = None

    @property
    def learned(self) -> str:
        """Return one sentence on what it has learned from."""
        said = ", ".join(f"{corpus.name} ({corpus.pieces:,} pieces)" for corpus in self.corpora)
        return f"{self.name} has learned from {said or 'nothing that it names'}."


@dataclass(frozen=True)
class Asked:
    """On what a model is measured: a split of corpora, folders below `data` with their weights."""

    data: Path
    corpora: Mapping[str, float]
    split: Literal["valid", "test"]
    cache: Path | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the corpora's names, without the folders that they lie in."""
        return tuple(Path(name).name for name in self.corpora)


@dataclass(frozen=True)
class Overlap:
    """Which of the pieces that were measured are among those that a model has learned from.

    unknown: corpora of which it does not say which pieces it has heard, and that are not here.
    """

    measured: int
    again: list[str]
    unknown: list[str]

    def said(self, names: Iterable[str]) -> str:
        """Return it in a sentence; names: of the corpora that were measured."""
        where = ", ".join(Path(name).name for name in names)
        if self.again:
            some = ", ".join(self.again[:NAMED]) + (", ..." if len(self.again) > NAMED else "")
            return (
                f"{len(self.again)} of the {self.measured} pieces of {where} that were measured are "
                f"among those that it has learned from ({some}): these figures are not held out."
            )
        known = f"None of the {self.measured} pieces of {where} that were measured is among"
        if not self.unknown:
            return f"{known} those that it has learned from."
        return (
            f"Whether it has learned from these pieces of {where} is not known: the file does not "
            f"say which those of {', '.join(self.unknown)} are, nor are they below --data."
        )


def heard_by(
    subject: Subject,
    here: Mapping[str, Iterable[int]],
    read: Callable[[str], Iterable[int]],
) -> tuple[set[int], list[str]]:
    """Return the prints of what a model has learned from, and the corpora of which none are known.

    Files from before prints were kept say no more than the names of corpora. here: the prints of
    training splits that were read already; read: returns those of another, or raises ExtempoError.
    """
    if subject.heard:
        return set(subject.heard), []
    heard: set[int] = set()
    unknown = []
    for corpus in subject.corpora:
        try:
            heard |= set(here[corpus.name] if corpus.name in here else read(corpus.name))
        except ExtempoError:
            unknown.append(corpus.name)
    return heard, unknown if subject.corpora else ["what it has learned from"]
