"""Learning sound: predict the next sample, and measure how well."""

import logging
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.contract import samples
from models.contract.errors import ExtempoError
from models.contract.representation import Vocabulary
from models.corpus import sources
from models.corpus.prints import set_print
from models.corpus.sound import sources as sound
from models.corpus.sound.windows import Batch, Shape, Weighed, measuring_batches, training_batch
from models.corpus.splits import Split
from models.nets.audio import AudioNet
from models.nets.own import OwnNet
from models.nets.table import build_audio
from models.train import device
from models.train.recipe import SoundRecipe
from models.train.sound.floors import Linear, mean, stream
from models.train.together import Together

log = logging.getLogger(__name__)

FACTOR: Final = "sample"
MEASURED_SECONDS: Final = 0.5


class SoundTask:
    """Predict the next sample of a sound."""

    representation = samples.NAME
    vocabulary: Vocabulary = MappingProxyType({})

    def __init__(
        self,
        recipe: SoundRecipe,
        data: Path,
        cache: Path | None,
        known: Vocabulary | None = None,
        own: OwnNet | None = None,
    ) -> None:
        if own is not None:
            raise ExtempoError(
                f"{recipe.name}: a network of one's own plays notes, and this recipe is of sound: leave out --net."
            )
        if recipe.whole:
            raise ExtempoError(f"{recipe.name}: sound is learned in windows: leave `whole` out.")
        if recipe.asked:
            raise ExtempoError(f"{recipe.name}: nothing is asked of sound: leave `asked` out.")
        self.recipe = recipe
        self.together = Together()
        self.net = build_audio(recipe.net, recipe.config)
        self.shape = shape_of(self.net, recipe.seconds, recipe.jitter, recipe.noise)
        self.weighed, valid = corpora_of(recipe.corpora, self.net, data, "valid", cache)
        corpora = self.weighed.corpora
        measured = shape_of(self.net, MEASURED_SECONDS)
        self.valid = measuring_batches(valid, recipe.batch, measured, recipe.measure_windows)
        if self.net.config.keys and not any(len(corpus.notes) for corpus in corpora):
            log.warning(
                "None of these sounds has its notes beside it, so the network will follow no keys: "
                "put a MIDI file of the same name beside each, or set keys = 0 in the recipe."
            )
        self.described = [sources.describe(corpus.name, corpus.count) for corpus in corpora]
        self.heard = sorted(prints_of(corpora))
        self.measured_on = set_print(prints_of(valid))
        count = sum(len(batch.codes) for batch in self.valid)
        self.windows = count if count == recipe.measure_windows else 0

    def losses(self, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return nats a sample of training batch `number`."""
        recipe = self.recipe
        batch = training_batch(self.weighed, recipe.batch, self.shape, recipe.seed, number)
        part = self.together.part(batch, "known")
        nats = sample_losses(self.net, part) / max(int(batch.known.sum()), 1)
        return nats, {FACTOR: nats, "all": nats}

    def measure(self) -> dict[str, float]:
        """Return nats a sample of the valid split."""
        nats = measure(self.net, self.valid, fast=True)
        return {FACTOR: nats, "all": nats}

    def floors(self) -> dict[str, float]:
        """Return a linear predictor's nats a sample."""
        shape = shape_of(self.net, MEASURED_SECONDS)
        linear = Linear.fit(stream(self.weighed, shape, self.recipe.seed))
        return {FACTOR: mean(self.valid, linear.nats)}


def corpora_of(
    names: Mapping[str, float], net: AudioNet, data: Path, split: Split, cache: Path | None
) -> tuple[Weighed, list[sound.Sounds]]:
    """Read corpora, named with their weights: what is to be learned from, and a held-out split.

    With notes where the network hears keys. Raises ExtempoError if one is missing.
    """
    rate, noted = net.config.rate, bool(net.config.keys)
    found = [sound.read(data / name, ("train", split), rate, cache, noted=noted) for name in names]
    weights = np.array(list(names.values()))
    weighed = Weighed([each["train"] for each in found], weights / weights.sum())
    return weighed, [each[split] for each in found]


def prints_of(corpora: Iterable[sound.Sounds]) -> set[int]:
    """Return what all sounds of corpora are known by."""
    return {number for corpus in corpora for prints in corpus.prints for number in prints}


def shape_of(net: AudioNet, seconds: float, jitter: float = 0.0, noise: float = 0.0) -> Shape:
    """Return windows that score so many seconds, after all that the network can hear of before."""
    hop = net.config.hop
    context = math.ceil(net.reach / hop) * hop
    scored = max(round(seconds * net.config.rate / hop), 1) * hop
    return Shape(context, scored, hop, bool(net.config.keys), jitter, noise)


def sample_losses(net: AudioNet, batch: Batch) -> Tensor:
    """Return the sum of nats over the known samples of a batch."""
    rows = batch.keys.reshape(-1, samples.FEATURES)
    excitation = samples.excitation(rows, net.config.hop, net.config.rate)
    codes, keys, excited, targets = (
        torch.from_numpy(array).to(net.device)
        for array in (
            batch.codes,
            batch.keys,
            excitation.reshape(*batch.codes.shape, samples.CHANNELS),
            np.where(batch.known, batch.following, -100),
        )
    )
    logits = net(codes, keys, excited, batch.since)
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), reduction="sum"
    )


def measure(net: AudioNet, batches: Iterable[Batch], *, fast: bool = False) -> float:
    """Return nats a sample; fast: as `device.fast` computes."""
    nats, count = 0.0, 0
    with torch.inference_mode(), device.fast(net.device, enabled=fast):
        for batch in batches:
            nats += float(sample_losses(net, batch))
            count += int(batch.known.sum())
    return nats / count
