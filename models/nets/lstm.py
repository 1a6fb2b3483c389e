"""LSTM: layers of long short-term memory over embedded events."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.stream import TensorSpec
from models.nets.events import EventNet, State


@dataclass(frozen=True)
class LstmConfig:
    """hidden: cells a layer. embed, head, dropout: see `EventConfig`."""

    hidden: int = 512
    layers: int = 2
    embed: int = 128
    head: int = 256
    dropout: float = 0.1


class LstmNet(EventNet):
    """State: `h` and `c`, float32 (layers, 1, hidden)."""

    Config = LstmConfig
    config: LstmConfig

    def __init__(self, config: LstmConfig) -> None:
        super().__init__(config, config.hidden)
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(
            config.embed, config.hidden, config.layers, batch_first=True, dropout=between
        )
        for name, parameter in self.lstm.named_parameters():
            if name.startswith("bias_ih"):
                # A forget gate that starts open lets gradients reach far back from the first step.
                nn.init.zeros_(parameter)
                nn.init.ones_(parameter[config.hidden : 2 * config.hidden])

    def forward(self, events: Tensor, places: Tensor) -> Tensor:
        """Return the contexts (B, T, hidden) of whole sequences, from the initial state."""
        contexts, _ = self.lstm(self.embed(events, places))
        dropped: Tensor = self.drop(contexts)
        return dropped

    def step(self, event: Tensor, place: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one event, (B, 5) with its place (B, 3)."""
        embedded = self.embed(event, place).unsqueeze(1)
        context, (h, c) = self.lstm(embedded, (state["h"], state["c"]))
        return context.squeeze(1), {"h": h, "c": c}

    def state_specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of `h` and `c`."""
        shape = (self.config.layers, 1, self.config.hidden)
        return tuple(TensorSpec(name, "float32", shape) for name in ("h", "c"))

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return zeros, (layers, batch, hidden)."""
        shape = (self.config.layers, batch, self.config.hidden)
        return {"h": torch.zeros(shape), "c": torch.zeros(shape)}
