"""A network of notes that leaks: its state is a mean of all steps that fades."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.notes import NotesNet, State

KEEPS = 0.8


@dataclass(frozen=True)
class MeanConfig:
    """See `NotesConfig`."""

    embed: int = 16
    head: int = 16
    memory: int = 0
    copy: int = 0
    dropout: float = 0.0


class MeanNet(NotesNet):
    """State: `mean`, float32 (1, embed)."""

    Config = MeanConfig
    config: MeanConfig

    def __init__(self, config: MeanConfig, representation: Representation) -> None:
        super().__init__(config, representation, config.embed)

    def forward(self, codes: Tensor, conditions: Tensor) -> Tensor:
        embedded, _ = self.embed(codes, conditions)
        mean, contexts = torch.zeros_like(embedded[:, 0]), []
        for step in range(embedded.shape[1]):
            mean = KEEPS * mean + (1 - KEEPS) * embedded[:, step]
            contexts.append(mean)
        return torch.stack(contexts, 1)

    def step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        embedded, _, after = self.embed_step(codes, conditions, state)
        mean = KEEPS * state["mean"] + (1 - KEEPS) * embedded
        return mean, {"mean": mean, **after}

    def state_specs(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec("mean", "float32", (1, self.config.embed)), *self.memory_specs())

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        mean = torch.zeros(batch, self.config.embed, device=self.device)
        return {"mean": mean, **self.initial_memory(batch)}
