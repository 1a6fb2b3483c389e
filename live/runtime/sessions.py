"""Open one entry of an artifact with ONNX Runtime, and say in one sentence why it will not be run."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

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
    """An entry of small inputs and one output, run on fixed places in memory: nothing is looked up.

    Logs of a state it reads where they lie. Threads: one at a time.
    """

    def __init__(self, session: "InferenceSession", entry: Entry) -> None:
        (output,) = entry.outputs
        small = [spec.stood for spec in entry.reads if not spec.log]
        self._given = [spec.zeros() for spec in entry.inputs]
        self._stood = [spec.zeros() for spec in small]
        self._result = output.zeros()
        self._run = session.run_with_iobinding
        self._binding = session.io_binding()
        self._logs = [(spec.stood.name, np.dtype(spec.dtype)) for spec in entry.reads if spec.log]
        for spec, at in zip((*entry.inputs, *small), (*self._given, *self._stood), strict=True):
            self._bind(spec.name, at.dtype, at)
        at = self._result
        self._binding.bind_output(output.name, "cpu", 0, at.dtype, at.shape, at.ctypes.data)

    def __call__(
        self, given: Sequence[Array], stood: Sequence[Array] = (), logs: Sequence[Array] = ()
    ) -> Array:
        """Return the output, a new tensor.

        given: the inputs in their order; more is not read. stood, logs: what is read of a state, and its logs' windows.
        """
        for place, tensor in zip(self._given, given, strict=False):
            place[...] = tensor
        for place, tensor in zip(self._stood, stood, strict=True):
            place[...] = tensor
        for (name, dtype), window in zip(self._logs, logs, strict=True):
            self._bind(name, dtype, window)
        self._run(self._binding)
        return self._result.copy()

    def _bind(self, name: str, dtype: np.dtype[np.generic], at: Array) -> None:
        self._binding.bind_input(name, "cpu", 0, dtype, at.shape, at.ctypes.data)


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
