"""LSTM: layers of long short-term memory over embedded steps."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.notes import NotesNet, State


@dataclass(frozen=True)
class LstmConfig:
    """hidden: cells a layer. embed, head, memory, copy, dropout: see `NotesConfig`."""

    hidden: int = 512
    layers: int = 2
    embed: int = 128
    head: int = 256
    memory: int = 0
    copy: int = 0
    dropout: float = 0.1


class LstmNet(NotesNet):
    """State: `h` and `c`, float32 (layers, 1, hidden)."""

    Config = LstmConfig
    config: LstmConfig

    def __init__(self, config: LstmConfig, representation: Representation) -> None:
        super().__init__(config, representation, config.hidden)
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(
            config.embed, config.hidden, config.layers, batch_first=True, dropout=between
        )
        self.skip = nn.Linear(config.embed, config.hidden)
        self._begin()

    def forward(self, codes: Tensor, conditions: Tensor) -> Tensor:
        """Return the contexts (B, T, hidden) of whole sequences, from the initial state."""
        embedded, recalled = self.embed(codes, conditions)
        kept, _ = self.lstm(embedded)
        return self._context(kept, embedded, recalled)

    def step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one step, (B, inputs) with its conditions (B, conditions)."""
        embedded, recalled, after = self.embed_step(codes, conditions, state)
        kept, (h, c) = self.lstm(embedded.unsqueeze(1), (state["h"], state["c"]))
        context = self._context(kept.squeeze(1), embedded, recalled)
        return context, {"h": h, "c": c, **after}

    def state_specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of `h` and `c`, and of the memory."""
        shape = (self.config.layers, 1, self.config.hidden)
        cells = tuple(TensorSpec(name, "float32", shape) for name in ("h", "c"))
        return cells + self.memory_specs()

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return zeros, (layers, batch, hidden)."""
        shape = (self.config.layers, batch, self.config.hidden)
        cells = {name: torch.zeros(shape, device=self.device) for name in ("h", "c")}
        return cells | self.initial_memory(batch)

    def _context(self, kept: Tensor, embedded: Tensor, recalled: Tensor | None) -> Tensor:
        context: Tensor = kept + self.skip(embedded)
        if recalled is not None:
            context = context + recalled
        dropped: Tensor = self.drop(context)
        return dropped

    def _begin(self) -> None:
        """Set first weights: torch's own are so small that two layers hide what goes in."""
        hidden = self.config.hidden
        for name, weights in self.lstm.named_parameters():
            if name.startswith("weight_ih"):
                nn.init.normal_(weights, std=weights.shape[1] ** -0.5)
            elif name.startswith("weight_hh"):
                for gate in weights.data.chunk(4):
                    nn.init.orthogonal_(gate)
            else:
                nn.init.zeros_(weights)
            if name.startswith("bias_ih"):
                # A forget gate that starts open lets gradients reach far back.
                nn.init.ones_(weights[hidden : 2 * hidden])
