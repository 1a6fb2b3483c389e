"""A model that makes sound with all that it may go back to: the last seconds, and what was saved."""

import math
from collections import deque
from dataclasses import dataclass
from time import sleep

import numpy as np
from numpy.typing import NDArray

from live.declared.actions import REMEMBERED
from live.runtime.sound.stream import Snapshot, SoundModel, SoundStream
from models.contract.samples import FEATURES

Row = NDArray[np.float32]
"""The keys of one block, (FEATURES,)."""

EVERY = 0.25
"""Seconds between two states that are kept."""
_SOON = 0.0005


@dataclass(slots=True)
class Kept:
    """A state, the keys then, and when it was heard; its memory is used again.

    turns: how often it was written over, and one less each; odd while that goes on. Threads: one writes.
    """

    state: Snapshot
    row: Row
    at: float = math.inf
    turns: int = 0

    def fill(self, stream: SoundStream, row: Row, at: float) -> None:
        """Write this moment of a stream over what was kept."""
        self.turns += 1
        stream.keep(self.state)
        self.row[:] = row
        self.at = at
        self.turns += 1

    def copied(self) -> "Kept":
        """Return a copy as it was at one moment; any thread may call it that may wait."""
        while True:
            turns = self.turns
            copy = Kept(Snapshot(self.state.arrays), self.row.copy(), self.at)
            if turns == self.turns and not turns % 2:
                return copy
            sleep(_SOON)


class Instrument:
    """A model, its stream and its memory; all that it needs is allocated when it is made.

    Making one takes milliseconds and any thread may do it; then one thread at a time may use it.
    """

    def __init__(self, model: SoundModel) -> None:
        self.model = model
        self.stream: SoundStream = model.open(0)
        self.slots: dict[str, Kept] = {}
        self.interval = max(round(EVERY * model.rate / model.block), 1)
        """Blocks between two states that are kept."""
        self.beginning = Kept(self.stream.snapshot(), np.zeros(FEATURES, np.float32))
        """The state before anything was played."""
        kept = REMEMBERED * model.rate / model.block / self.interval
        self._past = [self._fresh() for _ in range(math.ceil(kept) + 1)]
        self._next = 0
        self._spare: deque[Kept] = deque()

    def make_room(self) -> None:
        """Have room for one slot more, before it is wanted; any thread may call it."""
        self._spare.append(self._fresh())

    def keep(self, row: Row, at: float) -> None:
        """Keep the state of this moment, over the oldest that is kept."""
        self._past[self._next % len(self._past)].fill(self.stream, row, at)
        self._next += 1

    def before(self, at: float) -> Kept | None:
        """Return what is kept of the last moment at or before a time, else of the oldest there is."""
        count = len(self._past)
        kept = [self._past[n % count] for n in range(max(self._next - count, 0), self._next)]
        earlier = [one for one in kept if one.at <= at]
        return earlier[-1] if earlier else kept[0] if kept else None

    @property
    def last(self) -> Kept | None:
        """Return what was kept last; None where nothing was yet. Any thread may ask."""
        return self._past[(self._next - 1) % len(self._past)] if self._next else None

    def save(self, slot: str, row: Row, at: float) -> None:
        """Keep the state of this moment in a slot."""
        if slot not in self.slots:
            self.slots[slot] = self._spare.pop() if self._spare else self._fresh()
        self.slots[slot].fill(self.stream, row, at)

    def _fresh(self) -> Kept:
        return Kept(Snapshot(self.beginning.state.arrays), np.zeros(FEATURES, np.float32))
