"""Measuring: nats for each factor of a step, over a fixed performed rendering of a split."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from models.corpus.windows import Batch
from models.nets.notes import NotesNet
from models.train import device

SEED: Final = 20250
"""Of the rendering that all models and floors are measured on."""
BESIDE: Final = ("rate", "seconds")
"""What the log of a run has beside nats: the learning rate, and how long a step took."""


def tensors(batch: Batch, where: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return codes, conditions and what is scored, as tensors on a device."""
    return (
        torch.from_numpy(batch.codes).to(where),
        torch.from_numpy(batch.conditions).to(where),
        torch.from_numpy(batch.scored).to(where),
    )


def factor_losses(net: NotesNet, codes: Tensor, conditions: Tensor, scored: Tensor) -> Tensor:
    """Return the sum of nats of each factor over what is scored, float32 (factors,).

    Of a factor that is many codes side by side, it is the sum of all of them.
    """
    nats = net.nats(codes, conditions)
    return torch.where(scored, nats, 0.0).sum((0, 1))


def measure(net: NotesNet, batches: Iterable[Batch], *, fast: bool = False) -> dict[str, float]:
    """Return nats for each factor, and their sum as `all`; fast: as `device.fast` computes.

    The net is left in the mode (training or not) that it came in.
    """
    mode = net.training
    net.eval()
    names = net.representation.names
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    with torch.inference_mode(), device.fast(net.device, enabled=fast):
        for batch in batches:
            sums += factor_losses(net, *tensors(batch, net.device)).tolist()
            counts += batch.scored.sum((0, 1))
    net.train(mode)
    return totals(names, sums / counts)


def totals(
    names: Sequence[str], nats: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> dict[str, float]:
    """Return figures by factor, with their sum as `all`."""
    figures = {factor: float(value) for factor, value in zip(names, nats, strict=True)}
    return {**figures, "all": float(nats.sum())}


def factors_of(line: Mapping[str, Any]) -> list[str]:
    """Return the factors whose nats a line of a run's log has, in their order."""
    figures = line.get("valid") or line.get("train") or {}
    return [name for name in figures if name not in ("all", *BESIDE)]
