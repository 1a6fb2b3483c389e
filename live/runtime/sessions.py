"""Open one entry of an artifact with ONNX Runtime, and say in one sentence why it will not be run."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

from live.machine.memory import address
from live.runtime.prepared import Prepared
from models.contract.border import border
from models.contract.errors import ArtifactError
from models.contract.stream import Array, Entry

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(prepared: Prepared, entry: Entry) -> "InferenceSession":
    """Return a session that runs on the thread that calls it, and on no other.

    Raises ArtifactError if ONNX Runtime refuses the graph.
    """
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
    with running(str(prepared.path)):
        providers = _providers(onnxruntime.get_available_providers())
        return onnxruntime.InferenceSession(graph, options, providers=providers)


class Bound:
    """An entry of small inputs and outputs, run on fixed places in memory: nothing is looked up.

    given: the places of its inputs, in their order. results: those of its outputs, and of the next state. Logs of a
    state it reads where they lie. Threads: one at a time.
    """

    def __init__(
        self, session: "InferenceSession", entry: Entry, lying: Mapping[str, Array] = {}
    ) -> None:
        """lying: inputs that whoever runs it keeps in places of its own, by name."""
        taken = (*(spec.fed for spec in entry.state), *(spec.stood for spec in entry.reads))
        logs = [spec.log > 0 for spec in (*entry.state, *entry.reads)]
        small = [spec for spec, log in zip(taken, logs, strict=True) if not log]
        outputs = (*entry.outputs, *(spec.made for spec in entry.state))
        self.given = [lying.get(spec.name, spec.zeros()) for spec in entry.inputs]
        self.results = [spec.zeros() for spec in outputs]
        self._stood = [spec.zeros() for spec in small]
        self._run = session.run_with_iobinding
        self._binding = session.io_binding()
        self._logs = [
            (spec.name, np.dtype(spec.dtype)) for spec, log in zip(taken, logs, strict=True) if log
        ]
        for spec, at in zip((*entry.inputs, *small), (*self.given, *self._stood), strict=True):
            self._bind(spec.name, at.dtype, at)
        for spec, at in zip(outputs, self.results, strict=True):
            self._binding.bind_output(spec.name, "cpu", 0, at.dtype, at.shape, address(at))

    def run(
        self, given: Sequence[Array], stood: Sequence[Array] = (), logs: Sequence[Array] = ()
    ) -> None:
        """Leave what comes out in `results`, until the next run; see `__call__`."""
        for place, tensor in zip(self.given, given, strict=False):
            place[...] = tensor
        for place, tensor in zip(self._stood, stood, strict=True):
            place[...] = tensor
        for (name, dtype), window in zip(self._logs, logs, strict=True):
            self._bind(name, dtype, window)
        self._run(self._binding)

    def __call__(
        self, given: Sequence[Array], stood: Sequence[Array] = (), logs: Sequence[Array] = ()
    ) -> Array:
        """Return the first output, a new tensor.

        given: the inputs in their order; more is not read. stood, logs: what is fed or read of a state, and its logs'
        windows.
        """
        self.run(given, stood, logs)
        return self.results[0].copy()

    def _bind(self, name: str, dtype: np.dtype[np.generic], at: Array) -> None:
        self._binding.bind_input(name, "cpu", 0, dtype, at.shape, address(at))


def running(where: str) -> AbstractContextManager[None]:
    """Let only errors of our own out of what ONNX Runtime does with a stranger's model; its own share no base."""
    return border(
        lambda said: ArtifactError(f"{where} cannot be run here ({said}): export the model again.")
    )


def _providers(available: Sequence[str]) -> list[str | tuple[str, dict[str, str]]]:
    """Return where the sessions run: on the GPU with ONNX Runtime's GPU build, else on the processor."""
    gpu: list[str | tuple[str, dict[str, str]]] = []
    if "CUDAExecutionProvider" in available:
        # TF32 rounds so much that the golden pair would not come out the same.
        gpu.append(("CUDAExecutionProvider", {"use_tf32": "0"}))
    return [*gpu, "CPUExecutionProvider"]
