"""Step an event model with ONNX Runtime: one session for the trunk, one for each head."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from live.runtime.introduction import PLACE_CLASSES, check_kind
from live.runtime.prepare import Prepared, prepare
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.events import ADVANCE, EVENT, PLACE
from models.contract.performance import CLASSES, FACTORS, INPUT_CLASSES
from models.contract.stream import Array, Entry, StreamSpec, Tensors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

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
        sessions = {entry.name: _open(prepared, entry) for entry in self.spec.entries}
        trunk = self.spec.entry(ADVANCE)
        self._advance = sessions[ADVANCE].run
        self._fetches = list(trunk.fetches)
        self._names = tuple(spec.name for spec in trunk.state)
        self._initial = {spec.name: _sealed(spec.zeros()) for spec in trunk.state}
        self._heads = {
            factor: (sessions[factor].run, self.spec.entry(factor).feeds) for factor in FACTORS
        }
        try:
            sound = self._warm_up()
        except _refusals() as error:
            raise _refused(prepared, error) from error
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
        run, feeds = self._heads[factor]
        logits: Array = run(None, dict(zip(feeds, (context, onset, drawn), strict=False)))[0]
        return logits

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


def _open(prepared: Prepared, entry: Entry) -> "InferenceSession":
    """Return a session that runs on the thread that calls it, and on no other."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Acts on the thread that opens a process's first session, and on threads that it begins later.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    graph = prepared.graphs[entry.name]
    try:
        providers = _providers(onnxruntime.get_available_providers())
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    except _refusals() as error:
        raise _refused(prepared, error) from error


def _refused(prepared: Prepared, error: Exception) -> ArtifactError:
    said = " ".join(str(error).split())
    return ArtifactError(f"{prepared.path} cannot be run here ({said}): export the model again.")


def _providers(available: Sequence[str]) -> list[str | tuple[str, dict[str, str]]]:
    """Return where the sessions run: on the GPU with ONNX Runtime's GPU build, else on the processor."""
    gpu: list[str | tuple[str, dict[str, str]]] = []
    if "CUDAExecutionProvider" in available:
        # TF32 rounds so much that the golden pair would not come out the same.
        gpu.append(("CUDAExecutionProvider", {"use_tf32": "0"}))
    return [*gpu, "CPUExecutionProvider"]


def _refusals() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises for a model that it does not run (they share no base)."""
    from onnxruntime.capi import onnxruntime_pybind11_state as native

    return (
        native.Fail,
        native.InvalidGraph,
        native.InvalidArgument,
        native.InvalidProtobuf,
        native.NotImplemented,
    )
