"""Embeddings of rows of codes, column by column, whatever the columns are."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from models.contract.representation import Column, width

PITCH: Final = "pitch"
"""The column whose codes are pitches; there octaves begin alike."""
_TONES: Final = 12
_PITCHES: Final = 128
_OWN: Final = 0.3
"""How much of a code that is made of parts begins as its own."""


class SummedEmbedding(nn.Module):
    """The sum of one embedding for each code in a row of these columns."""

    starts: Tensor

    def __init__(self, columns: Sequence[Column], size: int) -> None:
        super().__init__()
        tables = [nn.Embedding(column.width * column.classes, size) for column in columns]
        for column, table in zip(columns, tables, strict=True):
            nn.init.normal_(table.weight, std=width(columns) ** -0.5)
            if column.asked:
                # Until it has learned what is asked, it plays as if nothing were.
                nn.init.zeros_(table.weight)
            if column.name == PITCH and not column.shape and column.classes > 2 * _TONES:
                _octaves_alike(table.weight.data)
            parts_alike(table.weight.data, column)
        self.tables = nn.ModuleList(tables)
        self.columns = tuple(columns)
        self.register_buffer("starts", row_starts(columns), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Return float32 (..., size); codes are int64, (..., width of the columns)."""
        rows = codes + self.starts
        parts = torch.split(rows, [column.width for column in self.columns], -1)
        total: Tensor | None = None
        for table, part, column in zip(self.tables, parts, self.columns, strict=True):
            found = table(part).sum(-2) if column.shape else table(part[..., 0])
            total = found if total is None else total + found
        assert total is not None
        return total


def row_starts(columns: Sequence[Column]) -> Tensor:
    """Return the first row of each code in the table of its column, int64 (width of the columns,)."""
    starts = [place * column.classes for column in columns for place in range(column.width)]
    return torch.tensor(starts, dtype=torch.int64)


def parts_alike(weight: Tensor, column: Column) -> None:
    """Let codes that share parts begin with like rows of `weight`, in place; nothing where none do.

    Parts are MIDI pitches; their octaves are alike too. weight: float32 (classes, size), as it begins otherwise.
    """
    if not column.made_of:
        return
    parts = torch.randn(_PITCHES, weight.shape[1]) * weight.std()
    _octaves_alike(parts)
    for row, of in zip(weight, column.made_of, strict=False):
        row.mul_(_OWN).add_(parts[list(of)].sum(0), alpha=len(of) ** -0.5)


def _octaves_alike(rows: Tensor) -> None:
    pitch = torch.arange(len(rows))
    rows.copy_((rows + rows[pitch % _TONES] + rows[_TONES + pitch // _TONES]) * 3**-0.5)
