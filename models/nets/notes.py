"""What all networks of notes share: the embedding of a step and its conditions, and the heads.

Shapes: B sequences, T steps. codes (B, T, inputs) and conditions (B, T, conditions) are int64 rows of
a representation's columns; a context is float32 (B, T, width).
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final, Literal, Protocol

import torch
from torch import Tensor, nn

from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.embedding import SummedEmbedding
from models.nets.memory import FEATURES, SHAPE, Memory
from models.nets.network import Network

State = Mapping[str, Tensor]
"""Named state tensors; a step returns new ones and leaves these as they are."""

RECENT: Final = "recent"
"""The state tensor of the memory."""


class NotesConfig(Protocol):
    """The fields that every network's Config has."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[object]]]

    @property
    def embed(self) -> int:
        """Return the width of the embedding of a step."""

    @property
    def head(self) -> int:
        """Return the width of the heads' hidden layer."""

    @property
    def memory(self) -> int:
        """Return 1 if what was struck is remembered (see `Memory`), or 0."""

    @property
    def dropout(self) -> float:
        """Return the share of values that training drops."""


def _module(factor: str) -> str:
    """Return what a factor's head is called among weights: one of torch's own names, such as `keys`, gets a mark."""
    return f"{factor}_" if hasattr(nn.ModuleDict(), factor) else factor


class Head(nn.Module):
    """Logits of one factor, from the context, the next step's conditions and the factors before it."""

    def __init__(
        self, representation: Representation, factor: int, width: int, config: NotesConfig
    ) -> None:
        super().__init__()
        column, hidden = representation.factors[factor], config.head
        earlier = representation.fed_back(factor)
        self.context = nn.Linear(width, hidden)
        self.place = SummedEmbedding(representation.conditions, hidden) if column.placed else None
        self.drawn = SummedEmbedding(earlier, hidden) if earlier else None
        self.drop = nn.Dropout(config.dropout)
        self.logits = nn.Linear(hidden, column.width * column.classes)
        self.shape = column.shape

    def forward(self, context: Tensor, conditions: Tensor, drawn: Tensor) -> Tensor:
        """Return logits (..., classes), or (..., n, classes) of n codes side by side.

        context: (..., width). conditions: int64, not read by a factor that is not placed.
        drawn: int64 (..., k), the codes of the factors before this one.
        """
        hidden = self.context(context)
        if self.place is not None:
            hidden = hidden + self.place(conditions)
        if self.drawn is not None:
            hidden = hidden + self.drawn(drawn)
        logits: Tensor = self.logits(self.drop(nn.functional.silu(hidden)))
        return logits.view(*logits.shape[:-1], *self.shape, -1) if self.shape else logits


class NotesNet(Network, ABC):
    """A network of notes: a causal trunk, and one head for each factor of its representation.

    Subclasses give `Config`, `forward`, `step` and `state_specs`; over the same steps from the
    initial state, `forward` and a chain of `step` agree.
    """

    Config: ClassVar[type]
    kind: ClassVar[Literal["events"]] = "events"

    def __init__(self, config: NotesConfig, representation: Representation, width: int) -> None:
        super().__init__()
        self.config = config
        self.representation = representation
        self.width = width
        self.events = SummedEmbedding(representation.inputs, config.embed)
        self.places = SummedEmbedding(representation.conditions, config.embed)
        self.drop = nn.Dropout(config.dropout)
        self.memory = Memory(representation) if config.memory else None
        self.recall = nn.Linear(FEATURES, config.embed + width) if config.memory else None
        self.heads = nn.ModuleDict(
            {
                _module(name): Head(representation, factor, width, config)
                for factor, name in enumerate(representation.names)
            }
        )

    def embed(self, codes: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return embedded sequences, (B, T, embed), and what to add to the contexts, if any."""
        remembered = None if self.memory is None else self.memory(codes)
        return self._embed(codes, conditions, remembered)

    def embed_step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """Return one step as `embed` does, and the next state of the memory."""
        if self.memory is None:
            return *self._embed(codes, conditions, None), {}
        remembered, after = self.memory.step(codes, state[RECENT])
        return *self._embed(codes, conditions, remembered), {RECENT: after}

    def memory_specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of the memory's state."""
        return () if self.memory is None else (TensorSpec(RECENT, "float32", SHAPE),)

    def initial_memory(self, batch: int) -> dict[str, Tensor]:
        """Return the memory before anything was played."""
        return {
            spec.name: torch.zeros(batch, *spec.shape[1:], device=self.device)
            for spec in self.memory_specs()
        }

    def _embed(
        self, codes: Tensor, conditions: Tensor, remembered: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        embedded = self.events(codes) + self.places(conditions)
        if self.recall is None or remembered is None:
            return self.drop(embedded), None
        inward, onward = self.recall(remembered).split((self.config.embed, self.width), -1)
        return self.drop(embedded + inward), onward

    @abstractmethod
    def forward(self, codes: Tensor, conditions: Tensor) -> Tensor:
        """Return the contexts (B, T, width) of whole sequences, from the initial state."""

    @abstractmethod
    def step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one step, (B, inputs) with its conditions (B, conditions).

        Returns the context (B, width) and the next state; changes neither `state` nor the net. Of a log it is
        given the last rows, (B, log, ...), zeros before the beginning, and returns the next one, (B, 1, ...).
        """

    @abstractmethod
    def state_specs(self) -> tuple[TensorSpec, ...]:
        """Return name, type and shape of the state tensors at batch 1."""

    @abstractmethod
    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return the state before anything was played; the batch is 1 in `state_specs`."""

    def head(self, factor: int, context: Tensor, conditions: Tensor, drawn: Tensor) -> Tensor:
        """Return the logits of a factor, by its place among the representation's; see `Head.forward`."""
        name = self.representation.names[factor]
        logits: Tensor = self.heads[_module(name)](context, conditions, drawn)
        return logits


def factor_logits(
    net: NotesNet, contexts: Tensor, following: Tensor, conditions: Tensor
) -> dict[str, Tensor]:
    """Return every head's logits for the steps that follow, the true factors given.

    contexts (B, T, width); following (B, T, inputs): the step after each context; conditions: its own.
    """
    representation = net.representation
    drawn = following[..., representation.targets().tolist()]
    return {
        name: net.head(factor, contexts, conditions, drawn[..., : representation.drawn(factor)])
        for factor, name in enumerate(representation.names)
    }
