"""Step an event model with ONNX Runtime: one session for the trunk, one for each head."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

import numpy as np

from live.runtime.introduction import PLACE_CLASSES, check_kind
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.sessions import Bound, open_session, running
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.events import ADVANCE, EVENT, PLACE
from models.contract.performance import CLASSES, FACTORS, INPUT_CLASSES
from models.contract.stream import Array, StreamSpec, Tensors

_WARM: Final = 8
"""Runs of every session at load: the first ones allocate."""


def _highest(classes: Iterable[int]) -> Array:
    return np.array([[count - 1 for count in classes]], np.int64)


_EXTREMES: Final = (
    (EVENT.zeros(), PLACE.zeros(), np.zeros((1, len(FACTORS)), np.int64)),
    (_highest(INPUT_CLASSES.values()), _highest(PLACE_CLASSES), _highest(CLASSES.values())),
)
"""The lowest and the highest codes of an event, of a place and of what is drawn."""


class EventModel:
    """An artifact that can be stepped; see `models.contract.stream.EventStream`.

    State tensors are never written again once returned: to keep them is to keep the moment.
    Threads: built on any thread; from then on one thread at a time may call it.
    """

    def __init__(self, prepared: Prepared) -> None:
        """Open the sessions and warm them up; ArtifactError if ONNX Runtime refuses the file."""
        check_kind(prepared.document, "events", str(prepared.path))
        self.document: Document = prepared.document
        self.digest = prepared.digest
        self.spec: StreamSpec = prepared.document.stream
        sessions = {entry.name: open_session(prepared, entry) for entry in self.spec.entries}
        trunk = self.spec.entry(ADVANCE)
        self._advance = sessions[ADVANCE].run
        self._fetches = list(trunk.fetches)
        self._heads = {
            factor: Bound(sessions[factor], self.spec.entry(factor)) for factor in FACTORS
        }
        self._names = tuple(spec.name for spec in trunk.state)
        self._initial = {spec.name: _sealed(spec.zeros()) for spec in trunk.state}
        with running(str(prepared.path)):
            sound = self._warm_up()
        if not sound:
            raise ArtifactError(
                f"{prepared.path} computes what is not a number: train or export the model again."
            )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check the artifact at `path` and open it; ArtifactError says why it cannot be played."""
        return cls(prepare(path))

    def initial_state(self) -> Tensors:
        """Return the state before anything was played."""
        return self._initial

    def advance(self, event: Array, place: Array, state: Tensors) -> tuple[Array, Tensors]:
        """Feed one event; return the context and the next state. See `EventStream.advance`."""
        context, *after = self._advance(self._fetches, {"event": event, "place": place, **state})
        for tensor in after:
            tensor.setflags(write=False)
        return context, dict(zip(self._names, after, strict=True))

    def logits(self, factor: str, context: Array, onset: Array, drawn: Array) -> Array:
        """Return one factor's logits, float32 (1, classes); see `EventStream.logits`."""
        return self._heads[factor](context, onset, drawn)

    def _warm_up(self) -> bool:
        """Step through the lowest and the highest codes; return whether only numbers came out."""
        state = self.initial_state()
        sound = True
        for run in range(_WARM):
            event, place, drawn = _EXTREMES[run % 2]
            context, state = self.advance(event, place, state)
            for earlier, factor in enumerate(FACTORS):
                logits = self.logits(factor, context, place, drawn[:, :earlier])
                sound = sound and bool(np.isfinite(logits).all())
        return sound


def _sealed(tensor: Array) -> Array:
    tensor.setflags(write=False)
    return tensor
