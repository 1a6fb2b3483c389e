"""The same network by ONNX Runtime: one run of the session for every sample, its buffers bound."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from live.bench.sound.pace import each
from live.runtime.prepare import prepare
from models.contract.samples import CLASSES, EXCITATION, GATES, LOGITS, SAMPLE
from models.contract.stream import ADVANCE, NEXT, Entry

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FIRST: Final = 50
"""Samples that are not counted."""


class Session:
    """Takes one sample after the other; the state goes to and fro between two sets of buffers.

    Threads: one.
    """

    def __init__(self, graph: str | bytes, entry: Entry) -> None:
        """graph: the entry `advance` as an ONNX model, or the file that it lies in."""
        self._session = _open(graph)
        self._sample = np.zeros(1, np.int64)
        self.logits: NDArray[np.float32] = np.zeros((1, CLASSES), np.float32)
        """What comes after the last sample."""
        self.gates = next(spec.zeros() for spec in entry.inputs if spec.name == GATES)
        there, back = ({spec.name: spec.zeros() for spec in entry.state} for _ in range(2))
        one, other = self._bound(there, back), self._bound(back, there)
        self._order = one, other
        self._number = 0

    def advance(self, code: int) -> None:
        """Take a sample; `logits` then says what comes next."""
        self._sample[0] = code
        self._session.run_with_iobinding(self._order[self._number & 1])
        self._number += 1

    def _bound(self, before: dict[str, Any], after: dict[str, Any]) -> Any:
        from onnxruntime import OrtValue

        binding = self._session.io_binding()
        given = {SAMPLE.name: self._sample, GATES: self.gates, EXCITATION.name: EXCITATION.zeros()}
        for name, held in (given | before).items():
            binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(held))
        binding.bind_ortvalue_output(LOGITS.name, OrtValue.ortvalue_from_numpy(self.logits))
        for name, held in after.items():
            binding.bind_ortvalue_output(name + NEXT, OrtValue.ortvalue_from_numpy(held))
        return binding


def timed(artifact: Path, seconds: float) -> list[float]:
    """Return the seconds that a sample of an artifact takes so, without the draw."""
    prepared = prepare(artifact)
    session = Session(prepared.graphs[ADVANCE], prepared.document.stream.entry(ADVANCE))
    codes = _codes()
    return each(lambda: session.advance(next(codes)), seconds, _FIRST)


def _codes() -> Iterator[int]:
    codes = np.random.default_rng(0).integers(0, CLASSES, 4096).tolist()
    while True:
        yield from codes


def _open(graph: str | bytes) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
