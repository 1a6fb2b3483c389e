"""What is learned: a task has the network, its batches, its loss and its measure."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from models.contract.document import Corpus
from models.contract.errors import ExtempoError
from models.contract.representation import Vocabulary
from models.corpus import sources
from models.corpus.encoders.table import encoder, kinds_of
from models.corpus.folder import Folder
from models.corpus.opened import Joined
from models.corpus.pieces import Piece
from models.corpus.prints import set_print
from models.corpus.splits import Split
from models.corpus.taken import tell_in_short
from models.corpus.windows import Batch, Weighed, measuring_batches, training_batch, whole_batch
from models.nets.network import Network
from models.nets.notes import NotesNet
from models.nets.own import OwnNet
from models.nets.table import build, check
from models.train.beside import Beside
from models.train.evaluate import SEED, factor_losses, measure, tensors
from models.train.floors import floors
from models.train.recipe import Recipe
from models.train.survey import short
from models.train.together import Together

Corpora = dict[str, tuple[float, Sequence[Piece]]]
"""Pieces of each corpus, with its weight."""


class Task(Protocol):
    """A network and what it is to learn. One thread uses it."""

    representation: str
    vocabulary: Vocabulary
    described: list[Corpus]
    """The corpora, as an artifact names them."""
    heard: list[int]
    """The prints of the pieces that it learns from."""
    measured_on: int
    """The print of what it is measured on."""
    windows: int
    """How many windows it is measured on; 0: the whole split."""

    together: Together
    """Who learns, of how many processes."""

    @property
    def net(self) -> Network:
        """Return the network that learns; its batches are moved to where it is."""

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of training batch `number`, and what is logged of it; `all` is the sum.

        Of several processes each has that of its part of the batch, and all together have that of all of it.
        """

    def measure(self) -> dict[str, float]:
        """Return nats on the valid split; `all` says how good the network is."""

    def floors(self) -> dict[str, float]:
        """Return what simple models need of the same, for each figure that an artifact has."""


class NotesTask:
    """Predict the next step of a piece, as the recipe's representation writes it.

    known: the vocabulary of weights that have learned before; without it, it is made of what is learned from.
    own: the network, where it is none of the table's. The next batch is made in a thread beside.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Path,
        cache: Path | None,
        known: Vocabulary | None = None,
        own: OwnNet | None = None,
    ) -> None:
        self.recipe = recipe
        self.together = Together()
        self.representation = recipe.representation
        check(recipe.net, recipe.config, own)
        kinds = kinds_of(self.representation)
        folders = folders_of(recipe.corpora, data, "valid", cache, kinds)
        corpora, valid = _parted(folders, recipe.corpora, "valid")
        learned = Joined([pieces for _, pieces in corpora.values()])
        writes = encoder(
            self.representation, learned, known, recipe.name, recipe.asked, recipe.writing
        )
        self.vocabulary = writes.representation.vocabulary
        self.net: NotesNet = build(recipe.net, recipe.config, writes.representation, own)
        self.counts = _counts(recipe, self.net.representation.names)
        self.weighed = Weighed.of(writes, corpora)
        self._batches = Beside(self._batch)
        for name, (_, pieces) in corpora.items():
            counted = [writes.count(piece) for piece in pieces]
            tell_in_short(name, short(folders[name], counted))
        measured = recipe.measure_length or writes.measured
        self.valid: list[Batch] = list(
            measuring_batches(writes, valid, recipe.batch, measured, SEED, recipe.measure_windows)
        )
        if not any(batch.scored.any() for batch in self.valid):
            raise ExtempoError(
                f"{recipe.name}: nothing of what it would be measured on can be written as it was learned to be "
                "written: add more music."
            )
        self.described = [
            sources.describe(name, len(pieces)) for name, (_, pieces) in corpora.items()
        ]
        self.heard = sorted(_prints(folders, "train"))
        self.measured_on = set_print(_prints(folders, "valid"))
        count = sum(len(batch.codes) for batch in self.valid)
        self.windows = count if count == recipe.measure_windows else 0

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return what is to fall of training batch `number`: nats a step, weighed by factor; and nats by factor."""
        batch = self._batches.take(number)
        part = self.together.part(batch, "scored")
        sums = factor_losses(self.net, *tensors(part, self.net.device))
        nats = sums / torch.from_numpy(batch.scored).sum((0, 1)).to(self.net.device)
        named = dict(zip(self.net.representation.names, nats, strict=True))
        return (nats * nats.new_tensor(self.counts)).sum(), {**named, "all": nats.sum()}

    def _batch(self, number: int) -> Batch:
        recipe = self.recipe
        if recipe.whole:
            return whole_batch(self.weighed, recipe.batch * recipe.length, recipe.seed, number)
        return training_batch(self.weighed, recipe.batch, recipe.length, recipe.seed, number)

    def measure(self) -> dict[str, float]:
        """Return nats by factor, and their sum as `all`."""
        return measure(self.net, self.valid, fast=True)

    def floors(self) -> dict[str, float]:
        """Return a Markov chain's nats by factor, and their sum as `all`."""
        return floors(self.weighed, self.recipe.seed, self.valid)


def _counts(recipe: Recipe, names: Sequence[str]) -> list[float]:
    """Return how much each factor counts; ExtempoError if the recipe weighs one that there is not."""
    for name in recipe.weigh:
        if name not in names:
            raise ExtempoError(
                f"{recipe.name} weighs {name!r}: steps have {', '.join(names)} to be foretold."
            )
    counts = [recipe.weigh.get(name, 1.0) for name in names]
    if not any(counts):
        raise ExtempoError(f"{recipe.name} weighs every factor 0, so nothing would be learned.")
    return counts


def corpora_of(
    names: Mapping[str, float],
    data: Path,
    split: Split,
    cache: Path | None,
    kinds: Sequence[str] = sources.MIDI,
) -> tuple[Corpora, Sequence[Piece]]:
    """Read corpora, named with their weights: what is to be learned from, and a held-out split.

    kinds: of files, see `models.corpus.sources.read`.
    """
    return _parted(folders_of(names, data, split, cache, kinds), names, split)


def folders_of(
    names: Iterable[str], data: Path, split: Split, cache: Path | None, kinds: Sequence[str]
) -> dict[str, Folder]:
    """Read what is to be learned from and a held-out split of corpora, and tell of it."""
    return {name: sources.told(data / name, ("train", split), cache, kinds) for name in names}


def _parted(
    folders: Mapping[str, Folder], weights: Mapping[str, float], split: Split
) -> tuple[Corpora, Sequence[Piece]]:
    corpora: Corpora = {
        name: (weight, folders[name].of("train")) for name, weight in weights.items()
    }
    return corpora, Joined([each.of(split) for each in folders.values()])


def _prints(folders: Mapping[str, Folder], split: Split) -> set[int]:
    """Return the numbers by which pieces of a split are known again."""
    return {
        found.known[number].number for found in folders.values() for number in found.splits[split]
    }
