"""What is learned: a task has the network, its batches, its loss and its measure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor

from models.contract import performance
from models.contract.document import Corpus
from models.corpus import sources
from models.corpus.midi import Piece
from models.corpus.prints import piece_print, set_print
from models.corpus.splits import Split
from models.corpus.windows import Batch, Weighed, measuring_batches, training_batch
from models.nets.events import EventNet
from models.nets.network import Network
from models.nets.table import build
from models.train.evaluate import LENGTH, SEED, factor_losses, measure, tensors
from models.train.floors import floors
from models.train.recipe import Recipe

Corpora = dict[str, tuple[float, list[Piece]]]
"""Pieces of each corpus, with its weight."""


class Task(Protocol):
    """A network and what it is to learn. One thread uses it."""

    representation: str
    described: list[Corpus]
    """The corpora, as an artifact names them."""
    heard: list[int]
    """The prints of what there is to learn from."""
    measured_on: int
    """The print of what it is measured on."""
    windows: int
    """It is measured on so many windows; 0: on all of the split."""

    @property
    def net(self) -> Network:
        """Return the network that learns; its batches are moved to where it is."""

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of training batch `number`, and what is logged of it; `all` is the sum."""

    def measure(self) -> dict[str, float]:
        """Return nats on the valid split; `all` says how good the network is."""

    def floors(self) -> dict[str, float]:
        """Return what simple models need of the same, for each figure that an artifact has."""


class EventTask:
    """Predict the next event of a piece."""

    representation = performance.NAME

    def __init__(self, recipe: Recipe, data: Path, cache: Path | None) -> None:
        self.recipe = recipe
        self.net: EventNet = build(recipe.net, recipe.config, performance.PERFORMANCE)
        corpora, valid = corpora_of(recipe.corpora, data, "valid", cache)
        self.weighed = Weighed.of(corpora)
        self.valid: list[Batch] = list(
            measuring_batches(valid, recipe.batch, LENGTH, SEED, recipe.measure_windows)
        )
        self.described = [
            sources.describe(name, len(pieces)) for name, (_, pieces) in corpora.items()
        ]
        self.heard = sorted({piece_print(piece) for piece in self.weighed.pieces})
        self.measured_on = set_print(map(piece_print, valid))
        measured = sum(len(batch.events) for batch in self.valid)
        self.windows = measured if measured == recipe.measure_windows else 0

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return nats an event of training batch `number`, summed over the factors, and by factor."""
        recipe = self.recipe
        batch = training_batch(self.weighed, recipe.batch, recipe.length, recipe.seed, number)
        events, places, scored = tensors(batch, self.net.device)
        sums = factor_losses(self.net, events, places, scored)
        nats = sums / scored.sum((0, 1))
        total = nats.sum()
        return total, {**dict(zip(performance.FACTORS, nats, strict=True)), "all": total}

    def measure(self) -> dict[str, float]:
        """Return nats by factor, and their sum as `all`."""
        return measure(self.net, self.valid, fast=True)

    def floors(self) -> dict[str, float]:
        """Return a Markov chain's nats by factor, and their sum as `all`."""
        return floors(self.weighed, self.recipe.seed, self.valid)


def corpora_of(
    names: Mapping[str, float], data: Path, split: Split, cache: Path | None
) -> tuple[Corpora, list[Piece]]:
    """Read corpora, named with their weights: what is to be learned from, and a held-out split."""
    found = {name: sources.read(data / name, ("train", split), cache) for name in names}
    corpora = {name: (weight, found[name]["train"]) for name, weight in names.items()}
    return corpora, [piece for each in found.values() for piece in each[split]]
