"""Step a model of notes with ONNX Runtime: one session for the trunk, one for each head."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from live.runtime.golden import stepped
from live.runtime.prepared import Prepared
from live.runtime.sessions import Bound, open_session, running
from live.runtime.windows import Windows
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.index import NONE, Index
from models.contract.representation import CONDITIONS, CONTEXT, STEP, Representation, limits
from models.contract.representations.table import representation
from models.contract.state import State
from models.contract.stepping import feed, heads_in_turn, in_turn
from models.contract.stream import ADVANCE, NEXT, Array, StreamSpec, Tensors

_WARM: Final = 8
"""Runs of every session at load: the first ones allocate."""


class OnnxModel:
    """An artifact that can be stepped; see `models.contract.stepping.StepModel`.

    Of several voices, each is run by itself; see `in_turn`.
    Threads: built on any thread; from then on one thread at a time may call it.
    """

    def __init__(self, prepared: Prepared, index: Index = NONE) -> None:
        """Open the sessions and warm them up; ArtifactError if ONNX Runtime refuses the file."""
        where = str(prepared.path)
        self.document: Document = prepared.document
        self.digest = prepared.digest
        self.index = index
        self.spec: StreamSpec = prepared.document.stream
        self.representation: Representation = representation(
            self.document.representation, self.document.vocabulary, where
        )
        self._initial = State.start(self.spec.entry(ADVANCE).state)
        self._open(prepared)
        with running(where):
            sound = self._warm_up()
        if not sound:
            raise ArtifactError(
                f"{where} computes what is not a number: train or export the model again."
            )

    def _open(self, prepared: Prepared) -> None:
        """Open the sessions."""
        sessions = {entry.name: open_session(prepared, entry) for entry in self.spec.entries}
        trunk = self.spec.entry(ADVANCE)
        self._advance = sessions[ADVANCE].run
        self._names = [spec.name for spec in trunk.state]
        self._fetches = [CONTEXT, *(name + NEXT for name in self._names)]
        factors = self.representation.factors
        self._heads = [Bound(sessions[one.name], self.spec.entry(one.name)) for one in factors]
        reads = [self.spec.entry(one.name).reads for one in factors]
        self._small = [[spec.name for spec in read if not spec.log] for read in reads]
        self._logs = [[spec.name for spec in read if spec.log] for read in reads]
        self._told = [bool(self.representation.read_by(n)) for n in range(len(factors))]
        self._windows = {spec.name: Windows(spec) for spec in trunk.state if spec.log}

    def initial_state(self) -> State:
        """Return the state before anything was played."""
        return self._initial

    def advance(
        self, codes: Array, conditions: Array, states: Sequence[State]
    ) -> tuple[Array, list[State]]:
        """Feed each voice one step; see `StepModel.advance`."""
        return in_turn(self._step, codes, conditions, states)

    def logits(
        self,
        factor: int,
        context: Array,
        conditions: Array,
        drawn: Array,
        states: Sequence[State],
    ) -> Array:
        """Return one factor's logits, float32 (V, classes); see `StepModel.logits`."""
        given = (context, conditions, drawn) if self._told[factor] else (context, drawn)
        head, small, logs = self._heads[factor], self._small[factor], self._logs[factor]
        if len(states) == 1 and not small and not logs:
            return head(given)

        def said(state: State, *row: Array) -> Array:
            windows = [self._windows[name].of(state.logs[name]) for name in logs]
            return head(row, [state.tensors[name] for name in small], windows)

        return heads_in_turn(said, states, *given)

    def _step(self, codes: Array, conditions: Array, state: State) -> tuple[Array, State]:
        feeds = {STEP: codes, CONDITIONS: conditions, **state.tensors}
        if state.logs:
            feeds |= {name: self._windows[name].of(log) for name, log in state.logs.items()}
        context, *made = self._advance(self._fetches, feeds)
        for tensor in made:
            tensor.setflags(write=False)
        return context, state.after(dict(zip(self._names, made, strict=True)))

    def said(self, inputs: Tensors) -> Tensors:
        """Return what the heads say after these steps; see `live.runtime.golden.Model`."""
        return stepped(self, inputs)

    def _warm_up(self) -> bool:
        """Step through the lowest and the highest codes; return whether only numbers came out."""
        written = self.representation
        state = self.initial_state()
        sound = True
        for run in range(_WARM):
            codes, conditions, drawn = (
                (run % 2) * (limits(columns) - 1)
                for columns in (written.inputs, written.conditions, written.factors)
            )
            context, state = feed(self, codes, conditions, state)
            for factor in range(len(written.factors)):
                earlier = drawn[None, : written.told(factor)]
                logits = self.logits(factor, context, conditions[None], earlier, (state,))
                sound = sound and bool(np.isfinite(logits).all())
        return sound
