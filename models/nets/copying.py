"""Copying that is learned: attention over the network's own past, in which explicit matches count.

Every row of the past (see `models.nets.matches`) proposes what came next there, its pitch once as it was and once
moved to where the music is now. One softmax holds all of them and a sentinel, which stands for what the head says by
itself. A row's score is a product of a query and a key, which read the context and the last intervals and gaps, and a
number for the length of its match, its lag, and whether pitch and gap are the same. The longest match goes back
into the embedding. A letter comes back as it was, one proposal a row, scored by the length of the match alone.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.contract import copied
from models.contract.copied import (
    BACK,
    FOLLOWING,
    INDEX,
    KEY,
    NOW,
    PENDING,
    ROWS,
    SMALL,
    WIDEST,
)
from models.contract.matching import (
    BUCKETS,
    INTERVAL,
    LAGS,
    OTHER_BARS,
    PITCH,
    TIME,
    buckets,
)
from models.contract.representation import Representation
from models.contract.stream import TensorSpec
from models.nets.embedding import SummedEmbedding
from models.nets.matches import Columns, Matches, look_up
from models.nets.mixture import Proposals, mixed, mixed_nats, weights_of

State = Mapping[str, Tensor]


class Past(NamedTuple):
    """What is copied from; a leading axis of the batch, in a sequence one of steps too.

    found: of every row, see `Matches.index`. rows: the columns of what came next. now: see `Matches.follow`.
    queries: as many in a row as there are keys, each (B, rows, KEY). before: which rows lie before each step, if not
    all.
    """

    found: Tensor
    rows: Columns
    now: Tensor
    queries: Tensor
    keys: Sequence[Tensor]
    before: Tensor | None = None


class Copying(nn.Module):
    """The part of a network that copies. log: rows that it looks back at on stage."""

    places: Tensor
    bases: Tensor

    def __init__(
        self, representation: Representation, log: int, embed: int, width: int, head: int
    ) -> None:
        super().__init__()
        self.matches = Matches(representation)
        self.representation = representation
        self.log, self.split = log, [embed, width]
        self.names, self.keys = copied.names(representation), copied.keys(representation)
        alike = self.names[2:]
        self.drawn = [representation.drawn(representation.names.index(n)) for n in self.names[:2]]
        gaps = len(self.matches.ticks)
        self.intervals = nn.Embedding(2 * WIDEST + 2, SMALL)
        self.gaps = nn.Embedding(gaps + 1, SMALL)
        asking = len(self.keys) * KEY
        self.attend = nn.Linear(width + BACK * 2 * SMALL, 2 * asking)
        nn.init.normal_(self.attend.weight[:asking], std=0.01)
        nn.init.zeros_(self.attend.bias[:asking])
        self.next_place = SummedEmbedding(representation.conditions, KEY)
        self.next_time = nn.Embedding(gaps, KEY)
        self.familiar = nn.Embedding(2 * BUCKETS, embed + width)
        nn.init.zeros_(self.familiar.weight)
        self.sentinels = nn.ModuleList(nn.Linear(head, 1) for _ in self.names)
        pitched = (
            {} if self.matches.repeats.letter else {"moved": _table(2), "same": _table(2, -9.0)}
        )
        self.tables = nn.ParameterDict({self.matches.first: _table(1), **pitched})
        self.tables.update({f"alike_{n}": _table(2) for n in range(len(alike))})
        self.register_buffer("places", torch.from_numpy(buckets(1)), persistent=False)
        self.register_buffer("bases", torch.from_numpy(buckets(2)), persistent=False)

    def index(self, codes: Tensor, conditions: Tensor) -> Tensor:
        """Return the matches of whole sequences, (B, T, T): at each step, of each row before it."""
        rows, now = (each.int() for each in self.matches.follow(codes))
        metre = conditions[..., self.matches.metre].int()
        columns = _across(rows)
        lengths = self.matches.lengthened(columns, rows)
        index = self.matches.index(lengths, columns, rows, now, metre)
        return torch.where(self._before(index), index, 0)

    def feel(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is added to the embedding and to the context for the longest matches; index: (..., rows)."""
        best = self.matches.longest(index)
        of_both = best + torch.arange(2, device=best.device) * BUCKETS
        inward, onward = torch.split(self.familiar(of_both).sum(-2), self.split, -1)
        return inward, onward

    def past(self, index: Tensor, contexts: Tensor, codes: Tensor, conditions: Tensor) -> Past:
        """Return what whole sequences are copied from at each step but the last.

        index, contexts: of those steps, (B, T, ...). codes, conditions: of all, (B, T + 1, ...).
        """
        rows, now = self.matches.follow(codes)
        steps = contexts.shape[1]
        local = self._local(nn.functional.pad(rows[:, :-1], (0, 0, BACK - 1, 0)))
        back = torch.cat([local[:, first : first + steps] for first in range(BACK)], -1)
        queries, keys = self._attend(contexts, back)
        ended = self._ended(keys, codes[:, 1:, self.matches.time], conditions[:, 1:])
        columns = _across(rows[:, 1:].int())
        now, before = now[:, :-1].int(), self._before(index)
        return Past(index, columns, now, queries, ended, before)

    def specs(self) -> tuple[TensorSpec, ...]:
        """Return the specs of the state, and which heads read it."""
        return copied.specs(self.representation, self.log)

    def step(self, codes: Tensor, conditions: Tensor, state: State) -> dict[str, Tensor]:
        """Return the row of a step, the matches of all rows with it, and where it is."""
        matches, rows = self.matches, _columns(state[ROWS])
        row, now = matches.follow_step(codes, state[NOW])
        longer = look_up(matches.longer, state[INDEX])
        lengths = torch.where(matches.alike_moves(rows, row), longer, 0)
        index = matches.index(lengths, rows, row, now, conditions[:, matches.metre])
        return {ROWS: row[:, None], INDEX: index, NOW: now}

    def advance(
        self, context: Tensor, codes: Tensor, conditions: Tensor, state: State, made: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return a step's context with its queries; the keys of the row that it ends, and its own.

        made: what `step` has returned.
        """
        recent = torch.cat((state[ROWS][:, 1 - BACK :], made[ROWS]), 1)
        queries, keys = self._attend(context, self._local(recent).flatten(1))
        ended = self._ended(state[PENDING], codes[:, self.matches.time], conditions)
        logs = {log: key[:, None] for log, key in zip(self.keys.values(), ended, strict=True)}
        return torch.cat((context, queries), -1), {**logs, PENDING: keys}

    def kept(self, queries: Tensor, state: State) -> Past:
        """Return what is copied from after a step; state: as far as the head reads it."""
        nothing = queries
        keys = [state.get(log, nothing) for log in self.keys.values()]
        now = state.get(NOW, nothing)
        return Past(state[INDEX], _columns(state[ROWS]), now, queries, keys)

    def mixed(
        self, name: str, past: Past, logits: Tensor, hidden: Tensor, given: tuple[Tensor, Tensor]
    ) -> Tensor:
        """Return a factor's logits with what is copied. logits, hidden: of its head. given: conditions, drawn codes."""
        sentinel = self.sentinels[self.names.index(name)](hidden)
        return mixed(logits, sentinel, self._proposals(name, past, *given), past.before)

    def nats(
        self,
        name: str,
        past: Past,
        logits: Tensor,
        hidden: Tensor,
        given: tuple[Tensor, Tensor],
        wanted: Tensor,
    ) -> Tensor:
        """Return the nats of wanted classes, (B, T), as `mixed` would have them, over whole sequences."""
        sentinel = self.sentinels[self.names.index(name)](hidden)
        assert past.before is not None
        return mixed_nats(
            logits, sentinel, self._proposals(name, past, *given), past.before, wanted
        )

    def _proposals(self, name: str, past: Past, conditions: Tensor, drawn: Tensor) -> Proposals:
        number, matches, rows = self.names.index(name), self.matches, past.rows
        if not number:
            table = look_up(self.tables[matches.first], self.places)
            query = past.queries.chunk(len(self.keys), -1)[0]
            if matches.repeats.letter:
                query = query + self._next(None, conditions)
            weights = weighed(table, past.found) * products(query, past.keys[0])
            return Proposals(1, [(weights, rows[TIME])])
        metre = conditions[..., matches.metre].to(past.now.dtype)
        time = drawn[..., self.drawn[0]]
        lag = matches.lag(matches.after(past.now, time), rows, metre)
        place = look_up(self.bases.to(lag.dtype), past.found) + lag
        if number == 1:
            place = place + matches.nearby(time.to(lag.dtype), rows)
            _, query = past.queries.chunk(2, -1)
            product = products(query + self._next(time, conditions), past.keys[1])
            here = rows[INTERVAL] + past.now[..., 2:]
            there = rows[PITCH] + matches.classes
            moved, same = weighed(self.tables["moved"], place), weighed(self.tables["same"], place)
            lanes = [(moved * product, here), (same * product, there)]
            return Proposals(2 * matches.classes, lanes)
        pitch = drawn[..., self.drawn[1], None].to(lag.dtype) + matches.classes
        place = place + torch.where(rows[PITCH] == pitch, LAGS, 0).to(lag.dtype)
        weights = weighed(self.tables[f"alike_{number - 2}"], place)
        return Proposals(1, [(weights, rows[TIME + number - 1])])

    def _before(self, index: Tensor) -> Tensor:
        """Return which rows of a sequence the log has at each step, bool (T, T)."""
        steps = index.shape[-1]
        every = torch.ones(steps, steps, dtype=torch.bool, device=index.device)
        return every.tril(-1).triu(-self.log)

    def _local(self, rows: Tensor) -> Tensor:
        """Return embedded intervals and gaps, (B, steps, ...)."""
        interval = rows[..., INTERVAL]
        known = (interval - self.matches.classes + WIDEST).clamp(0, 2 * WIDEST)
        code = torch.where(interval > 0, known, 2 * WIDEST + 1)
        return torch.cat((self.intervals(code), self.gaps(rows[..., TIME])), -1)

    def _attend(self, contexts: Tensor, back: Tensor) -> tuple[Tensor, Tensor]:
        both: Tensor = self.attend(torch.cat((contexts, back), -1))
        queries, keys = both.chunk(2, -1)
        return queries, keys

    def _ended(self, keys: Tensor, time: Tensor, conditions: Tensor) -> list[Tensor]:
        """Return the keys of rows that end with these steps: the last of them read what came next."""
        every = list(keys.chunk(len(self.keys), -1))
        every[-1] = every[-1] + self._next(time, conditions)
        return every

    def _next(self, time: Tensor | None, conditions: Tensor) -> Tensor:
        """Return what is known of the next step; a letter that is not drawn yet is told as the start, which none is."""
        known = self.next_time.weight[-1] if time is None else self.next_time(time)
        following: Tensor = known + self.next_place(conditions)
        return following * FOLLOWING


def products(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the weights of queries by keys (B, rows, KEY): of (B, T, KEY), (B, T, rows); of (B, KEY), (B, rows)."""
    queries = queries * KEY**-0.5
    if queries.dim() == keys.dim():
        return weights_of(queries @ keys.transpose(1, 2))
    if len(keys) == 1:
        # Written so that the graph has it as one Gemm, which reads the keys as they lie.
        return weights_of(nn.functional.linear(queries, keys.flatten(0, 1)))
    return weights_of((keys @ queries[..., None])[..., 0])


def weighed(table: Tensor, place: Tensor) -> Tensor:
    """Return the weights of learned scores in a table, of the shape of `place`."""
    weights = weights_of(table)
    if torch.is_grad_enabled() and table.requires_grad:
        found: Tensor = _Lookup.apply(weights, place)  # type: ignore[no-untyped-call]
        return found
    return look_up(weights, place)


class _Lookup(torch.autograd.Function):
    """A lookup of many places in a small table: torch's own backward pass takes far longer."""

    @staticmethod
    def forward(ctx, table: Tensor, place: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(place)
        ctx.size = len(table)
        return table.index_select(0, place.flatten()).view(place.shape)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        (place,) = ctx.saved_tensors
        sums = torch.bincount(place.flatten(), grad.flatten().float(), minlength=ctx.size)
        return sums.to(grad.dtype), None


def _across(rows: Tensor) -> Columns:
    """Return the columns of a sequence's rows, each (B, 1, T)."""
    return [column[:, None] for column in rows.unbind(-1)]


def _columns(rows: Tensor) -> Columns:
    """Return the columns of a log's rows, each (B, rows)."""
    # Turned once, and then cut: a column at a time from where they lie takes far longer.
    return rows.transpose(1, 2).flatten(1).chunk(rows.shape[2], 1)


def _table(kinds: int, low: float = -8.0) -> nn.Parameter:
    """Return first scores: low, rising with the match, higher at whole bars."""
    table = torch.full((BUCKETS, 2, kinds, LAGS), low)
    table += 0.9 * torch.arange(BUCKETS).clamp(max=9).view(-1, 1, 1, 1)
    table[..., 1 : OTHER_BARS + 1] += 2.0
    return nn.Parameter(table.flatten())
