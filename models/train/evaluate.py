"""Measuring: nats for each factor of an event, over a fixed performed rendering of a split."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.contract.performance import FACTORS
from models.corpus.windows import Batch
from models.nets.events import EventNet, factor_logits
from models.train import device

SEED: Final = 20250
"""Of the rendering that all models and floors are measured on."""
LENGTH: Final = 256
"""Events in a window of that rendering."""


def tensors(batch: Batch, where: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return events, places and what is scored, as tensors on a device."""
    return (
        torch.from_numpy(batch.events).to(where),
        torch.from_numpy(batch.places).to(where),
        torch.from_numpy(batch.scored).to(where),
    )


def factor_losses(net: EventNet, events: Tensor, places: Tensor, scored: Tensor) -> Tensor:
    """Return the sum of nats of each factor over what is scored, float32 (4,)."""
    following = events[:, 1:]
    contexts = net(events[:, :-1], places[:, :-1])
    logits = factor_logits(net, contexts, following, places[:, 1:])
    sums = []
    for k, factor in enumerate(FACTORS):
        targets = torch.where(scored[..., k], following[..., k], -100)
        sums.append(
            torch.nn.functional.cross_entropy(
                logits[factor].float().flatten(0, 1), targets.flatten(), reduction="sum"
            )
        )
    return torch.stack(sums)


def measure(net: EventNet, batches: Iterable[Batch], *, fast: bool = False) -> dict[str, float]:
    """Return nats for each factor, and their sum as `all`; fast: as `device.fast` computes.

    The net is left in the mode (training or not) that it came in.
    """
    mode = net.training
    net.eval()
    sums, counts = np.zeros(len(FACTORS)), np.zeros(len(FACTORS))
    with torch.inference_mode(), device.fast(net.device, enabled=fast):
        for batch in batches:
            sums += factor_losses(net, *tensors(batch, net.device)).tolist()
            counts += batch.scored.sum((0, 1))
    net.train(mode)
    return totals(sums / counts)


def totals(nats: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    """Return figures by factor, with their sum as `all`."""
    figures = {factor: float(value) for factor, value in zip(FACTORS, nats, strict=True)}
    return {**figures, "all": float(nats.sum())}
