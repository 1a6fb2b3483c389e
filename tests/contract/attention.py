"""A network that looks back at a log of its own rows, for tests: it returns one row a step."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.notes import NotesNet, State


@dataclass(frozen=True)
class AttentionConfig:
    """log: steps that it looks back at. Others: see `NotesConfig`."""

    width: int = 16
    log: int = 12
    embed: int = 16
    head: int = 16
    memory: int = 0
    copy: int = 0
    dropout: float = 0.0


class AttentionNet(NotesNet):
    """State `past`: a log of rows, float32 (1, 1, width)."""

    Config = AttentionConfig
    config: AttentionConfig

    def __init__(self, config: AttentionConfig, representation: Representation) -> None:
        super().__init__(config, representation, config.width)
        self.enter = nn.Linear(config.embed, config.width)
        self.query = nn.Linear(config.width, config.width)
        self.distance = nn.Parameter(torch.randn(config.log))
        self.leave = nn.Linear(2 * config.width, config.width)

    def forward(self, codes: Tensor, conditions: Tensor) -> Tensor:
        embedded, recalled = self.embed(codes, conditions)
        now = self.enter(embedded)
        before = nn.functional.pad(now, (0, 0, self.config.log, 0))[:, :-1]
        past = before.unfold(1, self.config.log, 1).transpose(-1, -2)
        return self._context(past, now, recalled)

    def step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        embedded, recalled, after = self.embed_step(codes, conditions, state)
        now = self.enter(embedded)
        context = self._context(state["past"], now, recalled)
        return context, {"past": now.unsqueeze(1), **after}

    def state_specs(self) -> tuple[TensorSpec, ...]:
        shape = (1, 1, self.config.width)
        past = TensorSpec("past", "float32", shape, self.config.log)
        return (past, *self.memory_specs())

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        zeros = torch.zeros(batch, self.config.log, self.config.width)
        return {"past": zeros, **self.initial_memory(batch)}

    def _context(self, past: Tensor, now: Tensor, recalled: Tensor | None) -> Tensor:
        """past: (..., log, width), the rows before; now: (..., width)."""
        scores = (past @ self.query(now).unsqueeze(-1)).squeeze(-1) + self.distance
        found = (scores.softmax(-1).unsqueeze(-2) @ past).squeeze(-2)
        context: Tensor = now + self.leave(torch.cat((found, now), -1))
        return context if recalled is None else context + recalled


def followed(net: NotesNet, state: State, made: State) -> State:
    """Return the state as the next step takes it: a log goes on by the row that was made."""
    logs = {spec.name for spec in net.state_specs() if spec.log}
    return {
        name: torch.cat((state[name][:, 1:], one), 1) if name in logs else one
        for name, one in made.items()
    }
