"""What all event networks share: the embedding of an event and its place, and the heads.

Shapes: B sequences, T events. events (B, T, 5) and places (B, T, 3) are int64 codes of the
`performance` representation; a context is float32 (B, T, width).
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final, Protocol

import torch
from torch import Tensor, nn

from models.contract.performance import BEATS, CLASSES, FACTORS, INPUT_CLASSES, METRES, TICKS
from models.contract.stream import TensorSpec
from models.nets.memory import FEATURES, SHAPE, Memory
from models.nets.network import Network

State = Mapping[str, Tensor]
"""Named state tensors; a step returns new ones and leaves these as they are."""

RECENT: Final = "recent"
"""The state tensor of the memory."""
PLACE_CLASSES = (BEATS, TICKS, METRES)


class EventConfig(Protocol):
    """The fields that every network's Config has."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[object]]]

    @property
    def embed(self) -> int:
        """Return the width of the embedding of an event."""

    @property
    def head(self) -> int:
        """Return the width of the heads' hidden layer."""

    @property
    def memory(self) -> int:
        """Return 1 if what was struck is remembered (see `Memory`), or 0."""

    @property
    def dropout(self) -> float:
        """Return the share of values that training drops."""


class Sum(nn.Module):
    """The sum of one embedding for each column of codes.

    pitches: the column that holds pitches, if any; there octaves begin alike.
    """

    def __init__(self, classes: tuple[int, ...], width: int, pitches: int | None = None) -> None:
        super().__init__()
        tables = [nn.Embedding(n, width) for n in classes]
        for column, table in enumerate(tables):
            nn.init.normal_(table.weight, std=len(classes) ** -0.5)
            if column == pitches:
                pitch = torch.arange(classes[column])
                rows = table.weight.data
                table.weight.data = (rows + rows[pitch % 12] + rows[12 + pitch // 12]) * 3**-0.5
        self.tables = nn.ModuleList(tables)

    def forward(self, codes: Tensor) -> Tensor:
        """Return float32 (..., width); codes are int64 (..., len(classes))."""
        total: Tensor = self.tables[0](codes[..., 0])
        for column, table in enumerate(self.tables):
            if column:
                total = total + table(codes[..., column])
        return total


def _factors(factors: tuple[str, ...], width: int) -> Sum:
    column = factors.index("pitch") if "pitch" in factors else None
    return Sum(tuple(INPUT_CLASSES[factor] for factor in factors), width, column)


class Head(nn.Module):
    """Logits of one factor, from the context, the next event's place and the factors before it."""

    def __init__(self, factor: str, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        earlier = FACTORS[: FACTORS.index(factor)]
        self.context = nn.Linear(width, hidden)
        self.place = Sum(PLACE_CLASSES, hidden) if earlier else None
        self.drawn = _factors(earlier, hidden) if earlier else None
        self.drop = nn.Dropout(dropout)
        self.logits = nn.Linear(hidden, CLASSES[factor])

    def forward(self, context: Tensor, onset: Tensor, drawn: Tensor) -> Tensor:
        """Return logits (..., classes); `time`, the first factor, reads neither onset nor drawn.

        context: (..., width). onset: int64 (..., 3). drawn: int64 (..., k).
        """
        hidden = self.context(context)
        if self.place is not None and self.drawn is not None:
            hidden = hidden + self.place(onset) + self.drawn(drawn)
        logits: Tensor = self.logits(self.drop(nn.functional.silu(hidden)))
        return logits


class EventNet(Network, ABC):
    """An event network: a causal trunk, and one head for each factor.

    Subclasses give `Config`, `forward`, `step` and `state_specs`; over the same events from the
    initial state, `forward` and a chain of `step` agree.
    """

    Config: ClassVar[type]

    def __init__(self, config: EventConfig, width: int) -> None:
        super().__init__()
        self.config = config
        self.width = width
        self.events = _factors(tuple(INPUT_CLASSES), config.embed)
        self.places = Sum(PLACE_CLASSES, config.embed)
        self.drop = nn.Dropout(config.dropout)
        self.memory = Memory() if config.memory else None
        self.recall = nn.Linear(FEATURES, config.embed + width) if config.memory else None
        self.heads = nn.ModuleDict(
            {f: Head(f, width, config.head, config.dropout) for f in FACTORS}
        )

    def embed(self, events: Tensor, places: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return embedded sequences, (B, T, embed), and what to add to the contexts, if any."""
        remembered = None if self.memory is None else self.memory(events)
        return self._embed(events, places, remembered)

    def embed_step(
        self, event: Tensor, place: Tensor, state: State
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """Return one event as `embed` does, and the next state of the memory."""
        if self.memory is None:
            return *self._embed(event, place, None), {}
        remembered, after = self.memory.step(event, state[RECENT])
        return *self._embed(event, place, remembered), {RECENT: after}

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
        self, events: Tensor, places: Tensor, remembered: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        embedded = self.events(events) + self.places(places)
        if self.recall is None or remembered is None:
            return self.drop(embedded), None
        inward, onward = self.recall(remembered).split((self.config.embed, self.width), -1)
        return self.drop(embedded + inward), onward

    @abstractmethod
    def forward(self, events: Tensor, places: Tensor) -> Tensor:
        """Return the contexts (B, T, width) of whole sequences, from the initial state."""

    @abstractmethod
    def step(self, event: Tensor, place: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one event, (B, 5) with its place (B, 3).

        Returns the context (B, width) and the next state; changes neither `state` nor the net.
        """

    @abstractmethod
    def state_specs(self) -> tuple[TensorSpec, ...]:
        """Return name, type and shape of the state tensors at batch 1."""

    @abstractmethod
    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return the state before anything was played; the batch is 1 in `state_specs`."""

    def head(self, factor: str, context: Tensor, onset: Tensor, drawn: Tensor) -> Tensor:
        """Return one factor's logits; see `Head.forward`."""
        logits: Tensor = self.heads[factor](context, onset, drawn)
        return logits


def factor_logits(
    net: EventNet, contexts: Tensor, following: Tensor, onsets: Tensor
) -> dict[str, Tensor]:
    """Return every head's logits for the events that follow, the true factors given.

    contexts (B, T, width); following (B, T, 5): the event after each context; onsets (B, T, 3):
    its place. A code that heads cannot read (HELD) is only ever the last factor, which none reads.
    """
    return {
        factor: net.head(factor, contexts, onsets, following[..., :k])
        for k, factor in enumerate(FACTORS)
    }
