"""The kernel on its memory, for one model: a step, and what a head says with what is copied."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from live.machine.memory import address
from live.runtime.copying.code import Functions
from live.runtime.copying.layout import COPIER, HEAD
from live.runtime.copying.places import constants, made, places, sizes
from live.runtime.copying.weights import Weights
from live.runtime.sessions import Bound
from live.runtime.windows import Windows
from models.contract import copied
from models.contract.copied import Copied
from models.contract.matching import TIME, tables
from models.contract.representation import NEXT_CONDITIONS, Representation, drawn_name
from models.contract.state import State
from models.contract.stream import Array, Entry, TensorSpec

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_MADE: Final = {
    copied.ROWS: "row",
    copied.INDEX: "index_next",
    copied.NOW: "now_next",
    copied.PENDING: "pending_next",
}
"""By its name, where the next of a state lies, but of keys."""


class Kernel(NamedTuple):
    """The kernel's functions, and a model's weights."""

    run: Functions
    weights: Weights


class Copier:
    """What is copied, step by step, on fixed places in memory. Threads: one at a time.

    inward, onward: what `follow` makes for the trunk. context: what `attend` makes, and heads read. past: addresses of
    the rows, and of each kind of keys.
    """

    def __init__(
        self, found: Copied, written: Representation, logs: Mapping[str, TensorSpec], kernel: Kernel
    ) -> None:
        """logs: the specs of what `models.contract.copied` has as logs."""
        self.kernel, self.written = kernel, written
        self._follow, self._attend = kernel.run["follow"], kernel.run["attend"]
        matching, log = tables(written), logs[copied.ROWS].log
        self._made = made(found, written, matching, log)
        whole = {name: self._made[name] for name in self._made.dtype.names or ()}
        self._places = places(found, written, log) | whole
        self._constants = constants(written, matching, kernel.weights)
        self._record = np.zeros(1, COPIER)
        for name, size in sizes(found, written, matching, log).items():
            self._record[name] = size
        for name, array in (self._constants | self._places).items():
            self._record[name] = address(array)
        self.address = address(self._record)
        self.inward, self.onward = self._places["inward"], self._places["onward"]
        self.context = self._places["context"]
        self._codes, self._given = self._places["codes"], self._places["given"]
        self._pending, self._heard = (
            self._places["pending"],
            self._places["heard"][:, : found.width],
        )
        self._index, self._now = self._places["index"], self._places["now"]
        self._keys = tuple(copied.keys(written).values())
        self._logs = (copied.ROWS, *self._keys)
        self._windows = Windows(*(logs[name] for name in self._logs))
        self._state: State | None = None
        self._of: Array | None = None
        self.past = [0] * len(self._logs)

    def stand(self, state: State) -> None:
        """Be at this moment: its logs and its index are where the kernel finds them."""
        if state is self._state:
            return
        logs, tensors = state.logs, state.tensors
        self.past = self._windows.at(*(logs[name] for name in self._logs))
        self._index[...] = tensors[copied.INDEX]
        self._now[...] = tensors[copied.NOW]
        self._state = state

    def follow(self, codes: Array, conditions: Array, state: State) -> None:
        """Take a step, before the trunk does."""
        self.stand(state)
        self._codes[...] = codes
        self._given[...] = conditions
        self._pending[...] = state.tensors[copied.PENDING]
        self._follow(self.address, self.past[0])

    def attend(self, context: Array) -> tuple[Array, dict[str, Array]]:
        """Return the context with its queries, of the trunk's, and the next of what is copied, read-only.

        After `follow`.
        """
        self._heard[...] = context
        self._attend(self.address, self.past[0])
        found = self._made.copy()
        found.setflags(write=False)
        self._of = found["context"]
        keys = {name: found["keys"][:, number] for number, name in enumerate(self._keys)}
        return self._of, {name: found[place] for name, place in _MADE.items()} | keys

    def hear(self, context: Array, state: State) -> None:
        """Let heads say what comes after a step."""
        self.stand(state)
        if context is not self._of:
            self.context[...] = context
            self._of = context


class Head:
    """A head, with what is copied where it copies. Threads: as its copier's."""

    def __init__(
        self, name: str, copier: Copier, session: "InferenceSession", entry: Entry
    ) -> None:
        """entry: of the head by itself."""
        heard, *_ = entry.inputs
        self._bound = Bound(session, entry, {heard.name: copier.context[:, : heard.shape[1]]})
        at = {spec.name: place for spec, place in zip(entry.inputs, self._bound.given, strict=True)}
        self._conditions = at.get(NEXT_CONDITIONS)
        self._drawn = at.get(drawn_name(name))
        self._copier = copier
        self._said = self._bound.results[0]
        self._say: Callable[..., None] | None = None
        if name in copied.names(copier.written):
            self._copy(name, copier)

    def __call__(self, conditions: Array, drawn: Array) -> Array:
        """Return the logits, a new tensor; after `Copier.hear`."""
        if self._conditions is not None:
            self._conditions[...] = conditions
        if self._drawn is not None:
            self._drawn[...] = drawn
        self._bound.run(())
        if self._say is not None:
            self._say(*self._addresses, *(self._copier.past[place] for place in self._reads))
        return self._said.copy()

    def _copy(self, name: str, copier: Copier) -> None:
        """Have it copy."""
        kernel, written = copier.kernel, copier.written
        number = copied.names(written).index(name)
        say, score = _ways(written)[name]
        self._say = kernel.run[say]
        self._reads = (0, 1 + number) if name in copied.keys(written) else (0,)
        own, hidden = self._bound.results
        self._said = np.zeros_like(own)
        self._record = np.zeros(1, HEAD)
        said = {
            "own": own,
            "hidden": hidden,
            "logits": self._said,
            "sentinel": kernel.weights[f"sentinel_{name}"],
            "bias": kernel.weights[f"sentinel_{name}_bias"],
            "score": kernel.weights[score],
            "given": self._conditions,
            "drawn": self._drawn,
        }
        for place, array in said.items():
            self._record[place] = 0 if array is None else address(array)
        self._record["classes"] = own.shape[-1]
        self._record["column"] = TIME + max(number - 1, 0)
        for place, factor in zip(("time_at", "pitch_at"), copied.names(written), strict=False):
            self._record[place] = written.drawn(written.names.index(factor))
        self._addresses = copier.address, address(self._record)


def _ways(written: Representation) -> dict[str, tuple[str, str]]:
    """Return, by the factors that are copied, the kernel's function and what it scores rows with."""
    names = copied.names(written)
    if len(names) == 1:
        return {names[0]: ("say_letter", "score_letter")}
    time, pitch, *alike = names
    ways = {time: ("say_time", "score_time"), pitch: ("say_pitch", "score_moved")}
    return ways | {name: ("say_alike", f"score_{name}") for name in alike}
