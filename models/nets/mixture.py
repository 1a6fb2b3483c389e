"""One softmax over what a head says by itself and what rows of the past propose."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.contract.copied import FLOOR, MOST


class Proposals(NamedTuple):
    """What rows propose, once or more: weights and values, each (..., rows).

    A value is the class and `first`; what is below or above proposes nothing. They are 0 or more, and lie below
    twice the sum of `first` and the classes.
    """

    first: int
    lanes: Sequence[tuple[Tensor, Tensor]]


def mixed(
    logits: Tensor, sentinel: Tensor, proposals: Proposals, before: Tensor | None = None
) -> Tensor:
    """Return the logits of the mixture, (..., classes).

    logits: the head's own. sentinel: their score, (..., 1). before: which rows take part, bool (..., rows), if not all.
    """
    own = (torch.softmax(logits.float(), -1) + FLOOR) * weights_of(sentinel)
    first, classes = proposals.first, logits.shape[-1]
    sums = nn.functional.pad(own, (first, first + classes))
    for weights, values in proposals.lanes:
        if before is not None:
            weights = torch.where(before, weights, 0.0)
        sums = sums.scatter_add(-1, values.long().expand_as(weights), weights)
    return torch.log(sums[..., first : first + classes])


def mixed_nats(
    logits: Tensor, sentinel: Tensor, proposals: Proposals, before: Tensor, wanted: Tensor
) -> Tensor:
    """Return the nats of the wanted classes, (...), under the same mixture."""
    classes = logits.shape[-1]
    own = torch.log_softmax(logits.float(), -1).gather(-1, wanted[..., None]).exp() + FLOOR
    head = weights_of(sentinel)
    hit, total = (own * head)[..., 0], head[..., 0] * (1.0 + classes * FLOOR)
    for weights, values in proposals.lanes:
        proposed = values - proposals.first
        counts = (proposed >= 0) & (proposed < classes) & before
        weights = torch.where(counts, weights, 0.0)
        same = proposed == wanted[..., None].to(proposed.dtype)
        total = total + weights.sum(-1)
        hit = hit + torch.where(same, weights, 0.0).sum(-1)
    return torch.log(total) - torch.log(hit)


def weights_of(scores: Tensor) -> Tensor:
    """Return what scores weigh; those that are too high weigh as much as the highest that counts."""
    return torch.exp(scores.float().clamp(max=MOST))
