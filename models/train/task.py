"""What is learned: a task has the network, its batches, its loss and its measure."""

from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from models.contract import performance
from models.contract.document import Corpus
from models.corpus import sources
from models.corpus.midi import Piece
from models.corpus.windows import Batch, Weighed, measuring_batches, training_batch
from models.nets import build
from models.nets.events import EventNet
from models.train.evaluate import LENGTH, SEED, factor_losses, measure, tensors
from models.train.recipe import Recipe

Corpora = dict[str, tuple[float, list[Piece]]]
"""Pieces of each corpus, with its weight."""


class Task(Protocol):
    """A network and what it is to learn. One thread uses it."""

    representation: str
    described: list[Corpus]
    """The corpora, as an artifact names them."""

    @property
    def net(self) -> nn.Module:
        """Return the network that learns."""

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of training batch `number`, and what is logged of it; `all` is the sum."""

    def measure(self) -> dict[str, float]:
        """Return nats on the valid split; `all` says how good the network is."""


class EventTask:
    """Predict the next event of a piece."""

    representation = performance.NAME

    def __init__(self, recipe: Recipe, data: Path, cache: Path | None) -> None:
        self.recipe = recipe
        corpora, valid = _corpora(recipe, data, cache)
        self.net: EventNet = build(recipe.net, recipe.config)
        self.weighed = Weighed.of(corpora)
        self.valid: list[Batch] = list(
            measuring_batches(valid, recipe.batch, LENGTH, SEED, recipe.measure_windows)
        )
        self.described = [
            sources.describe(name, len(pieces)) for name, (_, pieces) in corpora.items()
        ]

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return nats an event of training batch `number`, summed over the factors, and by factor."""
        recipe = self.recipe
        batch = training_batch(self.weighed, recipe.batch, recipe.length, recipe.seed, number)
        events, places, scored = tensors(batch)
        sums = factor_losses(self.net, events, places, scored)
        nats = sums / scored.sum((0, 1))
        total = nats.sum()
        return total, {**dict(zip(performance.FACTORS, nats, strict=True)), "all": total}

    def measure(self) -> dict[str, float]:
        """Return nats by factor, and their sum as `all`."""
        return measure(self.net, self.valid, fast=True)


def _corpora(recipe: Recipe, data: Path, cache: Path | None) -> tuple[Corpora, list[Piece]]:
    corpora = {
        name: (weight, sources.load(data / name, "train", cache))
        for name, weight in recipe.corpora.items()
    }
    valid = [p for name in recipe.corpora for p in sources.load(data / name, "valid", cache)]
    return corpora, valid
