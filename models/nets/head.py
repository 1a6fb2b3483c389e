"""Heads: what is said of one factor of the next step."""

from typing import Final

import torch
from torch import Tensor, nn

from models.contract.representation import Representation, width
from models.nets.embedding import SummedEmbedding, parts_alike

NEVER: Final = -30.0
"""The logit of what cannot be."""
RARE: Final = 5.0
"""The logit with which codes that are drawn jointly begin to be 0: most pitches are silent at most ticks."""


class Head(nn.Module):
    """Logits of one factor, from the context, the next step's conditions and the factors before it.

    Of codes that are drawn jointly each has a hidden layer of its own, to which those before it that are not 0 add
    (as in NADE, Uria et al. 2016).
    """

    def __init__(
        self, representation: Representation, factor: int, size: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        column = representation.factors[factor]
        earlier = representation.fed_back(factor)
        self.before = representation.drawn(factor)
        read = representation.read_by(factor)
        self.skipped = width(representation.conditions) - width(read)
        self.context = nn.Linear(size, hidden)
        self.place = SummedEmbedding(read, hidden) if read else None
        self.drawn = SummedEmbedding(earlier, hidden) if earlier else None
        self.drop = nn.Dropout(dropout)
        self.jointly = Jointly(column.width, column.classes, hidden) if column.joint else None
        if self.jointly is None:
            self.logits = nn.Linear(hidden, column.width * column.classes)
            parts_alike(self.logits.weight.data, column)
        self.shape = column.shape
        names = [one.name for one in representation.factors]
        self.of = representation.drawn(names.index(column.of)) if column.of else -1

    def forward(self, context: Tensor, conditions: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (..., classes), or (..., n, classes) of n codes side by side, and what they are made of.

        context: (..., width). conditions: int64; a factor that is not placed reads what is asked.
        drawn: int64 (..., k), the codes that it is told: see `Representation.told`.
        """
        hidden = self.context(context)
        if self.place is not None:
            read = conditions[..., self.skipped :] if self.skipped else conditions
            hidden = hidden + self.place(read)
        if self.drawn is not None:
            hidden = hidden + self.drawn(drawn[..., : self.before])
        if self.jointly is not None:
            return self.jointly(hidden, drawn[..., self.before :], self.drop), hidden
        hidden = self.drop(nn.functional.silu(hidden))
        logits: Tensor = self.logits(hidden)
        if not self.shape:
            return logits, hidden
        logits = logits.view(*logits.shape[:-1], *self.shape, -1)
        if self.of >= 0:
            known = drawn[..., self.of : self.of + self.shape[0]] > 0
            logits = _only_where(logits, known)
        return logits, hidden


class Jointly(nn.Module):
    """Logits of n codes side by side, each given those before it."""

    starts: Tensor

    def __init__(self, count: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.table = nn.Embedding(count * classes, hidden)
        nn.init.normal_(self.table.weight, std=0.05)
        self.weight = nn.Parameter(torch.randn(count, hidden, classes) * hidden**-0.5)
        bias = torch.zeros(count, 1, classes)
        bias[..., 0] = RARE
        self.bias = nn.Parameter(bias)
        self.register_buffer("starts", torch.arange(count) * classes, persistent=False)

    def forward(self, hidden: Tensor, codes: Tensor, drop: nn.Module) -> Tensor:
        """Return (..., n, classes). hidden: (..., width). codes: int64 (..., n)."""
        added = self.table(codes + self.starts) * (codes > 0).unsqueeze(-1)
        below = added.cumsum(-2) - added
        each = drop(nn.functional.silu(hidden.unsqueeze(-2) + below))
        # A product for each of them, over all steps at once.
        rows = each.reshape(-1, *each.shape[-2:]).transpose(0, 1)
        said: Tensor = (rows @ self.weight + self.bias).transpose(0, 1)
        return said.reshape(*each.shape[:-1], -1)


def _only_where(logits: Tensor, known: Tensor) -> Tensor:
    """Return logits (..., n, classes) of codes that are 0 but where they are known (..., n) not to be."""
    first = torch.zeros(logits.shape[-1], device=logits.device)
    first[0] = NEVER
    return torch.where(known.unsqueeze(-1), logits + first, -NEVER * (first < 0))
