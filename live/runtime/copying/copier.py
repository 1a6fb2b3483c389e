"""The kernel on its memory, for one model: a step, and what a head says with what is copied."""

from collections.abc import Mapping
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

_LOGS: Final = (copied.ROWS, copied.TIME_KEYS, copied.PITCH_KEYS)
_MADE: Final = {
    copied.ROWS: "row",
    copied.TIME_KEYS: "time_key",
    copied.PITCH_KEYS: "pitch_key",
    copied.INDEX: "index_next",
    copied.NOW: "now_next",
    copied.PENDING: "pending_next",
}
"""By its name, where the next of a state lies."""


class Kernel(NamedTuple):
    """The kernel's functions, and a model's weights."""

    run: Functions
    weights: Weights


class Copier:
    """What is copied, step by step, on fixed places in memory. Threads: one at a time.

    inward, onward: what `follow` makes for the trunk. context: what `attend` makes, and heads read.
    """

    def __init__(
        self, found: Copied, written: Representation, logs: Mapping[str, TensorSpec], kernel: Kernel
    ) -> None:
        """logs: the specs of what `models.contract.copied` has as logs."""
        self.kernel, self.written = kernel, written
        self._follow, self._attend = kernel.run["follow"], kernel.run["attend"]
        matching, log = tables(written), logs[copied.ROWS].log
        self._made = made(found, matching, log)
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
        self._windows = Windows(*(logs[name] for name in _LOGS))
        self._state: State | None = None
        self._of: Array | None = None
        self.rows = self.time_keys = self.pitch_keys = 0

    def stand(self, state: State) -> None:
        """Be at this moment: its logs and its index are where the kernel finds them."""
        if state is self._state:
            return
        logs, tensors = state.logs, state.tensors
        self.rows, self.time_keys, self.pitch_keys = self._windows.at(
            logs[copied.ROWS], logs[copied.TIME_KEYS], logs[copied.PITCH_KEYS]
        )
        self._index[...] = tensors[copied.INDEX]
        self._now[...] = tensors[copied.NOW]
        self._state = state

    def follow(self, codes: Array, conditions: Array, state: State) -> None:
        """Take a step, before the trunk does."""
        self.stand(state)
        self._codes[...] = codes
        self._given[...] = conditions
        self._pending[...] = state.tensors[copied.PENDING]
        self._follow(self.address, self.rows)

    def attend(self, context: Array) -> tuple[Array, dict[str, Array]]:
        """Return the context with its queries, of the trunk's, and the next of what is copied, read-only.

        After `follow`.
        """
        self._heard[...] = context
        self._attend(self.address, self.rows)
        found = self._made.copy()
        found.setflags(write=False)
        self._of = found["context"]
        return self._of, {name: found[place] for name, place in _MADE.items()}

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
        self._number = _number(name, copier.written)
        if self._number >= 0:
            self._copy(name, copier)

    def __call__(self, conditions: Array, drawn: Array) -> Array:
        """Return the logits, a new tensor; after `Copier.hear`."""
        if self._conditions is not None:
            self._conditions[...] = conditions
        if self._drawn is not None:
            self._drawn[...] = drawn
        self._bound.run(())
        copier, number = self._copier, self._number
        if number == 0:
            self._say(*self._addresses, copier.rows, copier.time_keys)
        elif number == 1:
            self._say(*self._addresses, copier.rows, copier.pitch_keys)
        elif number > 1:
            self._say(*self._addresses, copier.rows)
        return self._said.copy()

    def _copy(self, name: str, copier: Copier) -> None:
        """Have it copy."""
        kernel, number, written = copier.kernel, min(self._number, 2), copier.written
        self._say = kernel.run[("say_time", "say_pitch", "say_alike")[number]]
        own, hidden = self._bound.results
        self._said = np.zeros_like(own)
        self._record = np.zeros(1, HEAD)
        said = {
            "own": own,
            "hidden": hidden,
            "logits": self._said,
            "sentinel": kernel.weights[f"sentinel_{name}"],
            "bias": kernel.weights[f"sentinel_{name}_bias"],
            "score": kernel.weights[f"score_{('time', 'moved', name)[number]}"],
            "given": self._conditions,
            "drawn": self._drawn,
        }
        for place, array in said.items():
            self._record[place] = 0 if array is None else address(array)
        self._record["classes"] = own.shape[-1]
        self._record["column"] = TIME + max(self._number - 1, 0)
        for place, factor in zip(("time_at", "pitch_at"), copied.names(written), strict=False):
            self._record[place] = written.drawn(written.names.index(factor))
        self._addresses = copier.address, address(self._record)


def _number(name: str, written: Representation) -> int:
    """Return which of the factors that are copied this is, or -1."""
    names = copied.names(written)
    return names.index(name) if name in names else -1
