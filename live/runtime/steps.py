"""Step a model of notes with ONNX Runtime: one session for the trunk, one for each head."""

from pathlib import Path
from typing import Final, Self

import numpy as np

from live.runtime.golden import stepped
from live.runtime.introduction import check_kind
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.sessions import Bound, open_session, running
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.representation import CONDITIONS, STEP, Representation, limits
from models.contract.representations.table import representation
from models.contract.stream import ADVANCE, Array, StreamSpec, Tensors

_WARM: Final = 8
"""Runs of every session at load: the first ones allocate."""


class OnnxModel:
    """An artifact that can be stepped; see `models.contract.stepping.StepModel`.

    State tensors are never written again once returned: to keep them is to keep the moment.
    Threads: built on any thread; from then on one thread at a time may call it.
    """

    def __init__(self, prepared: Prepared) -> None:
        """Open the sessions and warm them up; ArtifactError if ONNX Runtime refuses the file."""
        where = str(prepared.path)
        check_kind(prepared.document, "events", where)
        self.document: Document = prepared.document
        self.digest = prepared.digest
        self.spec: StreamSpec = prepared.document.stream
        self.representation: Representation = representation(
            self.document.representation, self.document.vocabulary, where
        )
        sessions = {entry.name: open_session(prepared, entry) for entry in self.spec.entries}
        trunk = self.spec.entry(ADVANCE)
        self._advance = sessions[ADVANCE].run
        self._fetches = list(trunk.fetches)
        factors = self.representation.factors
        self._heads = [Bound(sessions[one.name], self.spec.entry(one.name)) for one in factors]
        self._placed = [one.placed for one in factors]
        self._names = tuple(spec.name for spec in trunk.state)
        self._initial = {spec.name: _sealed(spec.zeros()) for spec in trunk.state}
        with running(where):
            sound = self._warm_up()
        if not sound:
            raise ArtifactError(
                f"{where} computes what is not a number: train or export the model again."
            )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check the artifact at `path` and open it; ArtifactError says why it cannot be played."""
        return cls(prepare(path))

    def initial_state(self) -> Tensors:
        """Return the state before anything was played."""
        return self._initial

    def advance(self, codes: Array, conditions: Array, state: Tensors) -> tuple[Array, Tensors]:
        """Feed one step; return the context and the next state. See `StepModel.advance`."""
        context, *after = self._advance(
            self._fetches, {STEP: codes, CONDITIONS: conditions, **state}
        )
        for tensor in after:
            tensor.setflags(write=False)
        return context, dict(zip(self._names, after, strict=True))

    def logits(self, factor: int, context: Array, conditions: Array, drawn: Array) -> Array:
        """Return one factor's logits, float32 (1, classes); see `StepModel.logits`."""
        if self._placed[factor]:
            return self._heads[factor](context, conditions, drawn)
        return self._heads[factor](context, drawn)

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
                (run % 2) * (limits(columns)[None] - 1)
                for columns in (written.inputs, written.conditions, written.factors)
            )
            context, state = self.advance(codes, conditions, state)
            for factor in range(len(written.factors)):
                earlier = drawn[:, : written.drawn(factor)]
                logits = self.logits(factor, context, conditions, earlier)
                sound = sound and bool(np.isfinite(logits).all())
        return sound


def _sealed(tensor: Array) -> Array:
    tensor.setflags(write=False)
    return tensor
