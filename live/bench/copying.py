"""What copying adds to an event: a model that copies, beside the same without what it copies, in turns."""

import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from live.bench import pace
from live.bench.apart import ENGINE, alone
from live.bench.rows import BenchError, Row, measured
from live.runtime.copying.weights import known
from live.runtime.opening import opened
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.sessions import Bound, open_session
from live.runtime.steps import OnnxModel
from live.runtime.windows import Windows
from models.contract.copied import Copied, bare, bare_entries, log_of
from models.contract.state import State
from models.contract.stream import ADVANCE, NEXT, Array, Tensors

_BLOCK: Final = 25
"""Hot events of the one, and then of the other."""


class Uncopied(OnnxModel):
    """The trunk and the heads of a model that copies, without what it copies."""

    def __init__(self, prepared: Prepared, found: Copied) -> None:
        self._found = found
        super().__init__(prepared)

    def _open(self, prepared: Prepared) -> None:
        written, found = self.representation, self._found
        entries = {one.name: one for one in bare_entries(found, self.spec, written)}
        sessions = {name: open_session(prepared, entry) for name, entry in entries.items()}
        trunk = entries[bare(ADVANCE)]
        self._initial = State.start(trunk.state)
        self._names = [spec.name for spec in trunk.state]
        self._fetches = [found.context, *(name + NEXT for name in self._names)]
        self._windows = {spec.name: Windows(spec) for spec in trunk.state if spec.log}
        nothing = {
            spec.name: spec.zeros()
            for spec in trunk.inputs
            if spec.name in (found.inward, found.onward)
        }
        run = sessions[trunk.name].run

        def advance(fetches: list[str], feeds: Tensors) -> list[Array]:
            made: list[Array] = run(fetches, {**feeds, **nothing})
            return made

        self._advance = advance
        heads = [entries[bare(one.name)] for one in written.factors]
        self._heads = [Bound(sessions[entry.name], entry) for entry in heads]
        self._small = [[spec.name for spec in one.reads if not spec.log] for one in heads]
        self._logs = [[spec.name for spec in one.reads if spec.log] for one in heads]
        self._told = [bool(written.read_by(number)) for number in range(len(heads))]


def copying(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield event_copy_hot and event_copy_paced, measured in the engine's class."""
    kinds = {
        "event_copy_hot": f"what copying adds to an event: by blocks of {_BLOCK}, with and without",
        "event_copy_paced": "the same, event by event, paced, 32 MB of other memory read between two",
    }
    for name, note in kinds.items():
        if name in wanted:
            taken = alone(ENGINE, _added, model, name, seconds)
            yield measured(name, "us", [1e6 * one for one in taken], note)


def _added(model: Path, name: str, seconds: float) -> list[float]:
    """Return by how many seconds an event of one takes longer than of the other."""
    prepared = prepare(model)
    found = known(prepared.document)
    if found is None:
        raise BenchError("this model copies nothing from its past")
    players = pace.Player(opened(model, "events").take()), pace.Player(Uncopied(prepared, found))
    for player in players:
        # Until the log is full: what it costs at most.
        for _ in range(log_of(prepared.document.stream)):
            player.event()
    return (_hot if name == "event_copy_hot" else _paced)(*players, seconds)


def _hot(one: pace.Player, other: pace.Player, seconds: float) -> list[float]:
    ends = time.perf_counter() + seconds
    added: list[float] = []
    while not added or time.perf_counter() < ends:
        took = (median(pace.timed(player.event) for _ in range(_BLOCK)) for player in (one, other))
        with_, without = took
        added.append(with_ - without)
        # A process in a real-time class may not run for long without a pause.
        time.sleep(0.01)
    return added


def _paced(one: pace.Player, other: pace.Player, seconds: float) -> list[float]:
    others = np.zeros(pace.OTHERS // 8)
    added = []
    for _ in range(max(round(seconds * pace.RATE / 2), 1)):
        took = []
        for player in (one, other):
            others.sum()
            time.sleep(1 / pace.RATE)
            took.append(pace.timed(player.event))
        added.append(took[0] - took[1])
    return added
