"""Step a model of notes that copies: its trunk and heads with ONNX Runtime, what is copied with the kernel."""

from collections.abc import Sequence

from live.runtime.copying.code import Functions
from live.runtime.copying.copier import Copier, Head, Kernel
from live.runtime.copying.weights import read
from live.runtime.prepared import Prepared
from live.runtime.sessions import Bound, open_session
from live.runtime.steps import OnnxModel
from live.runtime.windows import Windows
from models.contract.copied import Copied, bare, bare_entries
from models.contract.index import NONE, Index
from models.contract.state import State
from models.contract.stepping import heads_in_turn
from models.contract.stream import ADVANCE, Array


class CopyingModel(OnnxModel):
    """An artifact that copies, as `OnnxModel`; their states are the same: either goes on from what the other kept."""

    def __init__(
        self, prepared: Prepared, found: Copied, functions: Functions, index: Index = NONE
    ) -> None:
        """Open the sessions and warm them up; ArtifactError if ONNX Runtime refuses the file."""
        self._found, self._functions = found, functions
        super().__init__(prepared, index)

    def _open(self, prepared: Prepared) -> None:
        found, written = self._found, self.representation
        entries = {one.name: one for one in bare_entries(found, self.spec, written)}
        sessions = {name: open_session(prepared, entry) for name, entry in entries.items()}
        trunk = entries[bare(ADVANCE)]
        logs = {spec.name: spec for spec in self.spec.state if spec.log}
        kernel = Kernel(self._functions, read(prepared, found, written))
        self._copier = Copier(found, written, logs, kernel)
        lying = {found.inward: self._copier.inward, found.onward: self._copier.onward}
        self._trunk = Bound(sessions[trunk.name], trunk, lying)
        self._names = [spec.name for spec in trunk.state]
        self._own = [spec.name for spec in trunk.state if not spec.log]
        self._windows = {spec.name: Windows(spec) for spec in trunk.state if spec.log}
        named = [(one.name, bare(one.name)) for one in written.factors]
        self._say = [Head(name, self._copier, sessions[own], entries[own]) for name, own in named]

    def logits(
        self,
        factor: int,
        context: Array,
        conditions: Array,
        drawn: Array,
        states: Sequence[State],
    ) -> Array:
        """Return one factor's logits, float32 (V, classes); see `StepModel.logits`."""
        if len(states) == 1:
            self._copier.hear(context, states[0])
            return self._say[factor](conditions, drawn)

        def said(state: State, row: Array, conditions: Array, drawn: Array) -> Array:
            self._copier.hear(row, state)
            return self._say[factor](conditions, drawn)

        return heads_in_turn(said, states, context, conditions, drawn)

    def _step(self, codes: Array, conditions: Array, state: State) -> tuple[Array, State]:
        copier = self._copier
        copier.follow(codes, conditions, state)
        small = [state.tensors[name] for name in self._own]
        windows = [windows.of(state.logs[name]) for name, windows in self._windows.items()]
        self._trunk.run((codes, conditions), small, windows)
        own, *made = self._trunk.results
        context, after = copier.attend(own)
        for name, place in zip(self._names, made, strict=True):
            after[name] = tensor = place.copy()
            tensor.setflags(write=False)
        return context, state.after(after)
