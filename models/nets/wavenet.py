"""WaveNet over steps: causal dilated gated convolutions (van den Oord et al. 2016)."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.notes import NotesNet, State

_GATED: Final = 3.0
"""By how much what passes a gate is smaller than what goes in, about."""


@dataclass(frozen=True)
class WavenetConfig:
    """stacks x depth layers; in a stack the dilations are 1, 2, 4 ... 2**(depth - 1).

    residual: 1 where a layer adds to what goes in, 0 where its output takes the place of that. skip: 1 where what comes
    out is the sum of what all layers give, 0 where it is what the last one does.
    """

    channels: int = 192
    stacks: int = 2
    depth: int = 8
    width: int = 512
    embed: int = 192
    head: int = 256
    memory: int = 0
    copy: int = 0
    dropout: float = 0.1
    residual: int = 1
    skip: int = 1

    @property
    def dilations(self) -> tuple[int, ...]:
        """Return how far back each layer looks, in steps."""
        return tuple(2**level for _ in range(self.stacks) for level in range(self.depth))


class Layer(nn.Module):
    """One gated layer of kernel 2: what was `dilation` steps ago, and now."""

    def __init__(self, channels: int, residual: int, skip: int) -> None:
        super().__init__()
        self.residual, self.skip = residual, skip
        self.gates = nn.Linear(2 * channels, 2 * channels)
        self.out = nn.Linear(channels, (1 + bool(skip)) * channels)
        if not residual:
            # Nothing else carries what goes in to the last layer: with torch's own weights it is gone after six.
            nn.init.normal_(self.gates.weight, std=self.gates.in_features**-0.5)
            nn.init.normal_(self.out.weight, std=_GATED * channels**-0.5)

    def forward(self, past: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
        """Return the layer's output and its skip, which is the output where it has none; of the shape of `now`."""
        filtered, gate = self.gates(torch.cat((past, now), -1)).chunk(2, -1)
        out = self.out(torch.tanh(filtered) * torch.sigmoid(gate))
        if not self.skip:
            after = now + out if self.residual else out
            return after, after
        out, skip = out.chunk(2, -1)
        return now + out if self.residual else out, skip


class WavenetNet(NotesNet):
    """State: each layer's last inputs, `past_<layer>`, float32 (1, dilation, channels)."""

    Config = WavenetConfig
    config: WavenetConfig

    def __init__(self, config: WavenetConfig, representation: Representation) -> None:
        super().__init__(config, representation, config.width)
        self.enter = nn.Linear(config.embed, config.channels)
        self.layers = nn.ModuleList(
            Layer(config.channels, config.residual, config.skip) for _ in config.dilations
        )
        self.leave = nn.Linear(config.channels, config.width)

    def forward(self, codes: Tensor, conditions: Tensor) -> Tensor:
        """Return the contexts (B, T, width) of whole sequences, from the initial state."""
        embedded, recalled = self.embed(codes, conditions)
        now = self.enter(embedded)
        skips = torch.zeros_like(now)
        for layer, dilation in zip(self.layers, self.config.dilations, strict=True):
            past = nn.functional.pad(now, (0, 0, dilation, 0))[:, : now.shape[1]]
            now, skip = layer(past, now)
            skips = skips + skip if self.config.skip else skip
        return self._context(skips, recalled)

    def step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one step, (B, inputs) with its conditions (B, conditions)."""
        embedded, recalled, after = self.embed_step(codes, conditions, state)
        now = self.enter(embedded)
        skips = torch.zeros_like(now)
        for number, layer in enumerate(self.layers):
            past = state[f"past_{number}"]
            after[f"past_{number}"] = torch.cat((past[:, 1:], now.unsqueeze(1)), 1)
            now, skip = layer(past[:, 0], now)
            skips = skips + skip if self.config.skip else skip
        return self._context(skips, recalled), after

    def state_specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of every layer's past, and of the memory."""
        return self._pasts() + self.memory_specs()

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return zeros, (batch, dilation, channels) for each layer."""
        pasts = {
            spec.name: torch.zeros(batch, *spec.shape[1:], device=self.device)
            for spec in self._pasts()
        }
        return pasts | self.initial_memory(batch)

    def _pasts(self) -> tuple[TensorSpec, ...]:
        return tuple(
            TensorSpec(f"past_{number}", "float32", (1, dilation, self.config.channels))
            for number, dilation in enumerate(self.config.dilations)
        )

    def _context(self, skips: Tensor, recalled: Tensor | None) -> Tensor:
        context: Tensor = self.leave(nn.functional.silu(skips))
        if recalled is not None:
            context = context + recalled
        dropped: Tensor = self.drop(context)
        return dropped
