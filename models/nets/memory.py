"""A memory of the pitches that were struck, which fades with musical time.

What a recurrent layer would have to learn to keep (the chord, the key) is there from the start.
It has no weights of its own: each struck pitch adds one, and all fade by half-lives in beats.
"""

from typing import Final

import torch
from torch import Tensor, nn

from models.contract.performance import PITCHES, TICKS, TIMES

HALF_LIVES: Final = (0.25, 1.0, 4.0, 16.0)
"""In beats: about a chord, a beat, a bar and a phrase."""
FEATURES: Final = len(HALF_LIVES) * (PITCHES + 12)
"""Each half-life gives every pitch, and every pitch class."""
SHAPE: Final = (1, len(HALF_LIVES), PITCHES)
"""Of the state: batch, half-lives, pitches."""


class Memory(nn.Module):
    """State `recent`: how present each pitch is, float32 (B, half-lives, 128)."""

    ticks: Tensor
    rates: Tensor
    struck: Tensor
    classes: Tensor

    def __init__(self) -> None:
        super().__init__()
        rates = torch.log(torch.tensor(2.0)) / (torch.tensor(HALF_LIVES) * TICKS)
        # START, which is no pitch, strikes nothing: its row is zero.
        struck = torch.cat((torch.eye(PITCHES), torch.zeros(1, PITCHES)))
        classes = torch.eye(12)[torch.arange(PITCHES) % 12]
        self.register_buffer("ticks", torch.tensor(TIMES, dtype=torch.float32), persistent=False)
        self.register_buffer("rates", rates, persistent=False)
        self.register_buffer("struck", struck, persistent=False)
        self.register_buffer("classes", classes, persistent=False)

    def forward(self, events: Tensor) -> Tensor:
        """Return what is remembered at each event, itself included, (B, T, FEATURES)."""
        now = torch.cumsum(self.ticks[events[..., 0]], 1)
        passed = (now[:, :, None] - now[:, None, :]).clamp(min=0.0)
        struck = self.struck[events[..., 1]]
        recent = [torch.exp(-rate * passed).tril() @ struck for rate in self.rates]
        return self._features(torch.stack(recent, -2).float())

    def step(self, event: Tensor, recent: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is remembered, (B, FEATURES), and the state after the event (B, 5)."""
        # Embeddings, and not indexing, which ONNX writes as an operator that artifacts may not use.
        passed = nn.functional.embedding(event[:, 0], self.ticks[:, None])[..., 0]
        fade = torch.exp(-self.rates * passed[:, None])
        struck = nn.functional.embedding(event[:, 1], self.struck)
        after = recent * fade[..., None] + struck[:, None]
        return self._features(after), after

    def _features(self, recent: Tensor) -> Tensor:
        """Return (..., FEATURES) of `recent`, (..., half-lives, 128)."""
        both = torch.cat((recent, recent @ self.classes), -1)
        return torch.log1p(both).flatten(-2)
