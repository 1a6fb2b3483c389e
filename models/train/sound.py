"""Learning sound: predict the next sample, and measure how well."""

import logging
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.contract import samples
from models.corpus import sound, sources
from models.corpus.sound_windows import Batch, Shape, Weighed, measuring_batches, training_batch
from models.nets import build_audio
from models.nets.audio import AudioNet
from models.train.recipe import SoundRecipe

log = logging.getLogger(__name__)

FACTOR: Final = "sample"
MEASURED_SECONDS: Final = 0.5


class SoundTask:
    """Predict the next sample of a sound."""

    representation = samples.NAME

    def __init__(self, recipe: SoundRecipe, data: Path, cache: Path | None) -> None:
        self.recipe = recipe
        self.net = build_audio(recipe.net, recipe.config)
        self.shape = shape_of(self.net, recipe.seconds, recipe.jitter, recipe.noise)
        corpora = corpora_of(recipe, self.net, data, "train", cache)
        weights = np.array(list(recipe.corpora.values()))
        self.weighed = Weighed(corpora, weights / weights.sum())
        self.valid = measuring_batches(
            corpora_of(recipe, self.net, data, "valid", cache),
            recipe.batch,
            shape_of(self.net, MEASURED_SECONDS),
            recipe.measure_windows,
        )
        if self.net.config.keys and not any(len(corpus.notes) for corpus in corpora):
            log.warning(
                "None of these sounds has its notes beside it, so the network will follow no keys: "
                "put a MIDI file of the same name beside each, or set keys = 0 in the recipe."
            )
        self.described = [sources.describe(corpus.name, corpus.count) for corpus in corpora]

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return nats a sample of training batch `number`."""
        recipe = self.recipe
        batch = training_batch(self.weighed, recipe.batch, self.shape, recipe.seed, number)
        nats = sample_losses(self.net, batch) / max(int(batch.known.sum()), 1)
        return nats, {FACTOR: nats, "all": nats}

    def measure(self) -> dict[str, float]:
        """Return nats a sample of the valid split."""
        nats = measure(self.net, self.valid, fast=True)
        return {FACTOR: nats, "all": nats}


def corpora_of(
    recipe: SoundRecipe, net: AudioNet, data: Path, split: sources.Split, cache: Path | None
) -> list[sound.Sounds]:
    """Read a split of each corpus of a recipe, with notes where the network hears keys.

    Raises ExtempoError if one is missing.
    """
    rate, noted = net.config.rate, bool(net.config.keys)
    return [sound.load(data / name, split, rate, cache, noted=noted) for name in recipe.corpora]


def shape_of(net: AudioNet, seconds: float, jitter: float = 0.0, noise: float = 0.0) -> Shape:
    """Return windows that score so many seconds, after all that the network can hear of before."""
    hop = net.config.hop
    context = math.ceil(net.reach / hop) * hop
    scored = max(round(seconds * net.config.rate / hop), 1) * hop
    return Shape(context, scored, hop, bool(net.config.keys), jitter, noise)


def sample_losses(net: AudioNet, batch: Batch) -> Tensor:
    """Return the sum of nats over the known samples of a batch."""
    logits = net(torch.from_numpy(batch.codes), torch.from_numpy(batch.keys), batch.since)
    targets = np.where(batch.known, batch.following, -100)
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="sum"
    )


def measure(net: AudioNet, batches: Iterable[Batch], *, fast: bool = False) -> float:
    """Return nats a sample; fast: in bfloat16."""
    nats, count = 0.0, 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        for batch in batches:
            nats += float(sample_losses(net, batch))
            count += int(batch.known.sum())
    return nats / count
