"""A head: what is said of one factor of the next step."""

from torch import Tensor, nn

from models.contract.representation import Representation, width
from models.nets.embedding import SummedEmbedding, parts_alike


class Head(nn.Module):
    """Logits of one factor, from the context, the next step's conditions and the factors before it."""

    def __init__(
        self, representation: Representation, factor: int, size: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        column = representation.factors[factor]
        earlier = representation.fed_back(factor)
        read = representation.read_by(factor)
        self.skipped = width(representation.conditions) - width(read)
        self.context = nn.Linear(size, hidden)
        self.place = SummedEmbedding(read, hidden) if read else None
        self.drawn = SummedEmbedding(earlier, hidden) if earlier else None
        self.drop = nn.Dropout(dropout)
        self.logits = nn.Linear(hidden, column.width * column.classes)
        parts_alike(self.logits.weight.data, column)
        self.shape = column.shape

    def forward(self, context: Tensor, conditions: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (..., classes), or (..., n, classes) of n codes side by side, and what they are made of.

        context: (..., width). conditions: int64; a factor that is not placed reads what is asked.
        drawn: int64 (..., k), the codes of the factors before this one.
        """
        hidden = self.context(context)
        if self.place is not None:
            read = conditions[..., self.skipped :] if self.skipped else conditions
            hidden = hidden + self.place(read)
        if self.drawn is not None:
            hidden = hidden + self.drawn(drawn)
        hidden = self.drop(nn.functional.silu(hidden))
        logits: Tensor = self.logits(hidden)
        return logits.view(*logits.shape[:-1], *self.shape, -1) if self.shape else logits, hidden
