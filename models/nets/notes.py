"""What all networks of notes share: the embedding of a step and its conditions, and the heads.

Shapes: B sequences, T steps. codes (B, T, inputs) and conditions (B, T, conditions) are int64 rows of
a representation's columns; a context is float32 (B, T, width).
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from models.contract.copied import INDEX, KEY
from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.copying import Copying, Past
from models.nets.embedding import SummedEmbedding
from models.nets.head import Head
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
    def copy(self) -> int:
        """Return how many steps of its past it may copy from on stage (see `Copying`), or 0."""

    @property
    def dropout(self) -> float:
        """Return the share of values that training drops."""


def _module(factor: str) -> str:
    """Return what a factor's head is called among weights: one of torch's own names, such as `keys`, gets a mark."""
    return f"{factor}_" if hasattr(nn.ModuleDict(), factor) else factor


class NotesNet(Network, ABC):
    """A network of notes: a causal trunk, and one head for each factor of its representation.

    Subclasses give `Config`, `forward`, `step` and `state_specs`; over the same steps from the
    initial state, `forward` and a chain of `step` agree. What it copies of its past comes beside: over a
    sequence ask `logits` and `nats`, step by step `advance` and `head`.
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
        self.copying = (
            Copying(representation, config.copy, config.embed, width, config.head)
            if config.copy
            else None
        )
        self.heads = nn.ModuleDict(
            {
                _module(name): Head(representation, factor, width, config.head, config.dropout)
                for factor, name in enumerate(representation.names)
            }
        )

    @property
    def context_width(self) -> int:
        """Return the width of what `advance` gives the heads."""
        return self.width + (KEY * len(self.copying.keys) if self.copying else 0)

    def undecayed(self) -> set[str]:
        """Return the scores of what is copied."""
        return {name for name, _ in self.named_parameters() if name.startswith("copying.tables.")}

    def embed(self, codes: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return embedded sequences, (B, T, embed), and what to add to the contexts, if any."""
        remembered = None if self.memory is None else self.memory(codes)
        index = None if self.copying is None else self.copying.index(codes, conditions)
        return self._embed(codes, conditions, remembered, index)

    def embed_step(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """Return one step as `embed` does, and the next state of what is remembered and copied."""
        remembered, index = None, None
        after: dict[str, Tensor] = {}
        if self.memory is not None:
            remembered, after[RECENT] = self.memory.step(codes, state[RECENT])
        if self.copying is not None:
            after |= self.copying.step(codes, conditions, state)
            index = after[INDEX]
        return *self._embed(codes, conditions, remembered, index), after

    def memory_specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of the state of what is remembered and copied."""
        remembered = () if self.memory is None else (TensorSpec(RECENT, "float32", SHAPE),)
        return remembered + (() if self.copying is None else self.copying.specs())

    def initial_memory(self, batch: int) -> dict[str, Tensor]:
        """Return that state before anything was played."""
        return {
            spec.name: torch.zeros(
                batch, *spec.fed.shape[1:], dtype=getattr(torch, spec.dtype), device=self.device
            )
            for spec in self.memory_specs()
        }

    def _embed(
        self, codes: Tensor, conditions: Tensor, remembered: Tensor | None, index: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        embedded, onward = self.events(codes) + self.places(conditions), None
        if self.recall is not None and remembered is not None:
            inward, onward = self.recall(remembered).split((self.config.embed, self.width), -1)
            embedded = embedded + inward
        if self.copying is not None and index is not None:
            inward, more = self.copying.feel(index)
            embedded = embedded + inward
            onward = more if onward is None else onward + more
        return self.drop(embedded), onward

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

    def advance(
        self, codes: Tensor, conditions: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one step as `step` does; return the context for `head`, (B, context_width), and the next state."""
        context, made = self.step(codes, conditions, state)
        if self.copying is None:
            return context, made
        context, keys = self.copying.advance(context, codes, conditions, state, made)
        return context, {**made, **keys}

    def head(
        self,
        factor: int,
        context: Tensor,
        conditions: Tensor,
        drawn: Tensor,
        state: State = MappingProxyType({}),
    ) -> Tensor:
        """Return the logits of a factor, by its place among the representation's, after a step; see `Head.forward`.

        state: as it stands after the step, its logs gone on; what the factor's head reads of it is enough.
        """
        name = self.representation.names[factor]
        logits, hidden = self._head(name, context[..., : self.width], conditions, drawn)
        if self.copying is None or name not in self.copying.names:
            return logits
        past = self.copying.kept(context[..., self.width :], state)
        return self.copying.mixed(name, past, logits, hidden, (conditions, drawn))

    def head_of(self, name: str) -> nn.Module:
        """Return the module that says a factor's logits by itself, before anything is copied; see `Head`."""
        return self.heads[_module(name)]

    def logits(self, codes: Tensor, conditions: Tensor) -> dict[str, Tensor]:
        """Return every head's logits for all steps but the first, (B, T, ..., classes), the true factors given.

        codes (B, T + 1, inputs), conditions (B, T + 1, conditions).
        """
        past, heads = self._sequence(codes, conditions)
        return {
            one.name: one.logits
            if past is None or self.copying is None or one.name not in self.copying.names
            else self.copying.mixed(one.name, past, one.logits, one.hidden, one.given)
            for one in heads
        }

    def nats(self, codes: Tensor, conditions: Tensor) -> Tensor:
        """Return the nats of every factor of all steps but the first, float32 (B, T, factors).

        A factor of codes side by side has the sum of theirs; of codes that are never drawn they mean nothing.
        """
        past, heads = self._sequence(codes, conditions)
        return torch.stack(
            [
                _own_nats(one)
                if past is None or self.copying is None or one.name not in self.copying.names
                else self.copying.nats(
                    one.name, past, one.logits, one.hidden, one.given, one.wanted[..., 0]
                )
                for one in heads
            ],
            -1,
        )

    def _head(
        self, name: str, context: Tensor, conditions: Tensor, drawn: Tensor
    ) -> tuple[Tensor, Tensor]:
        logits, hidden = self.head_of(name)(context, conditions, drawn)
        return logits, hidden

    def _sequence(self, codes: Tensor, conditions: Tensor) -> tuple[Past | None, Iterator["_Said"]]:
        """Return what a sequence is copied from, and what each head says of all steps but the first."""
        contexts, past = self(codes[:, :-1], conditions[:, :-1]), None
        if self.copying is not None:
            index = self.copying.index(codes[:, :-1], conditions[:, :-1])
            past = self.copying.past(index, contexts, codes, conditions)
        return past, self._heads(contexts, codes[:, 1:], conditions[:, 1:])

    def _heads(self, contexts: Tensor, codes: Tensor, conditions: Tensor) -> Iterator["_Said"]:
        """Yield what each head says of the steps that follow the contexts, the true factors given."""
        true = codes[..., self.representation.targets().tolist()]
        for factor, column in enumerate(self.representation.factors):
            first = self.representation.drawn(factor)
            given = conditions, true[..., : self.representation.told(factor)]
            logits, hidden = self._head(column.name, contexts, *given)
            wanted = true[..., first : first + column.width].clamp(max=column.classes - 1)
            yield _Said(column.name, logits, hidden, given, wanted)


class _Said(NamedTuple):
    """A head's own logits over a sequence, what they are made of, conditions and drawn codes, and the true ones."""

    name: str
    logits: Tensor
    hidden: Tensor
    given: tuple[Tensor, Tensor]
    wanted: Tensor


def _own_nats(said: _Said) -> Tensor:
    classes = said.logits.shape[-1]
    nats = nn.functional.cross_entropy(
        said.logits.float().reshape(-1, classes), said.wanted.flatten(), reduction="none"
    )
    return nats.view(said.wanted.shape).sum(-1)
