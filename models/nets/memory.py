"""A memory of the pitches that were struck, which fades with musical time.

What a recurrent layer would have to learn to keep (the chord, the key) is there from the start.
It has no weights of its own: each struck pitch adds one, and all fade by half-lives in beats.
"""

from typing import Final

import torch
from torch import Tensor, nn

from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.representation import Column, Representation

HALF_LIVES: Final = (0.25, 1.0, 4.0, 16.0)
"""In beats: about a chord, a beat, a bar and a phrase."""
PITCHES: Final = 128
"""MIDI's."""
FEATURES: Final = len(HALF_LIVES) * (PITCHES + 12)
"""Each half-life gives every pitch, and every pitch class."""
SHAPE: Final = (1, len(HALF_LIVES), PITCHES)
"""Of the state: batch, half-lives, pitches."""
TIME: Final = "time"
PITCH: Final = "pitch"


class Memory(nn.Module):
    """State `recent`: how present each pitch is, float32 (B, half-lives, 128).

    It reads the columns `time`, whose codes stand for the ticks since the step before, and `pitch`.
    """

    ticks: Tensor
    rates: Tensor
    struck: Tensor
    classes: Tensor

    def __init__(self, representation: Representation) -> None:
        super().__init__()
        self.time, time = _valued(representation, TIME)
        self.pitch, pitch = _valued(representation, PITCH)
        rates = torch.log(torch.tensor(2.0)) / (torch.tensor(HALF_LIVES) * TICKS)
        # What is no pitch strikes nothing: its row is zero.
        struck = torch.zeros(len(pitch.values), PITCHES)
        for code, value in enumerate(pitch.values):
            if value >= 0:
                struck[code, value] = 1.0
        classes = torch.eye(12)[torch.arange(PITCHES) % 12]
        ticks = torch.tensor(time.values, dtype=torch.float32)
        self.register_buffer("ticks", ticks, persistent=False)
        self.register_buffer("rates", rates, persistent=False)
        self.register_buffer("struck", struck, persistent=False)
        self.register_buffer("classes", classes, persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Return what is remembered at each step, itself included, (B, T, FEATURES)."""
        now = torch.cumsum(self.ticks[codes[..., self.time]], 1)
        passed = (now[:, :, None] - now[:, None, :]).clamp(min=0.0)
        struck = self.struck[codes[..., self.pitch]]
        recent = [torch.exp(-rate * passed).tril() @ struck for rate in self.rates]
        return self._features(torch.stack(recent, -2).float())

    def step(self, codes: Tensor, recent: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is remembered, (B, FEATURES), and the state after the step (B, inputs)."""
        # Embeddings, and not indexing, which ONNX writes as an operator that artifacts may not use.
        passed = nn.functional.embedding(codes[:, self.time], self.ticks[:, None])[..., 0]
        fade = torch.exp(-self.rates * passed[:, None])
        struck = nn.functional.embedding(codes[:, self.pitch], self.struck)
        after = recent * fade[..., None] + struck[:, None]
        return self._features(after), after

    def _features(self, recent: Tensor) -> Tensor:
        """Return (..., FEATURES) of `recent`, (..., half-lives, 128)."""
        both = torch.cat((recent, recent @ self.classes), -1)
        return torch.log1p(both).flatten(-2)


def _valued(representation: Representation, name: str) -> tuple[int, Column]:
    """Return a column of inputs whose codes are numbers, and its place in a row."""
    for column in representation.inputs:
        if column.name == name and not column.shape and column.values:
            return representation.place_of(name), column
    raise ExtempoError(
        f"a step of {representation.name!r} has no {name} in numbers that a network could remember: set "
        f"memory = 0 in the recipe."
    )
