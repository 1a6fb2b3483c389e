"""A head: what is said of one factor of the next step."""

from torch import Tensor, nn

from models.contract.representation import Representation
from models.nets.embedding import SummedEmbedding


class Head(nn.Module):
    """Logits of one factor, from the context, the next step's conditions and the factors before it."""

    def __init__(
        self, representation: Representation, factor: int, width: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        column = representation.factors[factor]
        earlier = representation.fed_back(factor)
        self.context = nn.Linear(width, hidden)
        self.place = SummedEmbedding(representation.conditions, hidden) if column.placed else None
        self.drawn = SummedEmbedding(earlier, hidden) if earlier else None
        self.drop = nn.Dropout(dropout)
        self.logits = nn.Linear(hidden, column.width * column.classes)
        self.shape = column.shape

    def forward(self, context: Tensor, conditions: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (..., classes), or (..., n, classes) of n codes side by side, and what they are made of.

        context: (..., width). conditions: int64, not read by a factor that is not placed.
        drawn: int64 (..., k), the codes of the factors before this one.
        """
        hidden = self.context(context)
        if self.place is not None:
            hidden = hidden + self.place(conditions)
        if self.drawn is not None:
            hidden = hidden + self.drawn(drawn)
        hidden = self.drop(nn.functional.silu(hidden))
        logits: Tensor = self.logits(hidden)
        return logits.view(*logits.shape[:-1], *self.shape, -1) if self.shape else logits, hidden
