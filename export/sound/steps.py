"""Step a network of sound by ONNX Runtime, a run for every sample: slow, and what the file says."""

import numpy as np
from numpy.typing import NDArray

from live.runtime.prepared import Prepared
from live.runtime.sessions import open_session
from live.runtime.sound.samples import by_samples
from models.contract.samples import (
    CLASSES,
    CONDITION,
    EXCITATION,
    FRAME,
    GATES,
    SAMPLE,
    Codes,
    excitation,
)
from models.contract.sizes import Sizes
from models.contract.stream import ADVANCE, Array, Tensors


class SoundSteps:
    """An artifact of sound as a pure step; see `live.runtime.golden.Model`. Threads: one."""

    def __init__(self, prepared: Prepared) -> None:
        """Open both entries; ArtifactError if ONNX Runtime refuses one."""
        self.document = prepared.document
        self.spec = prepared.document.stream
        sizes = Sizes.of(prepared.document.config, str(prepared.path))
        self.hop, self.rate = sizes.hop, sizes.rate
        entry = self.spec.entry(ADVANCE)
        self._condition = open_session(prepared, self.spec.entry(CONDITION)).run
        self._advance = open_session(prepared, entry).run
        self._fetches = list(entry.fetches)
        self._names = [spec.name for spec in entry.state]

    def initial_state(self) -> Tensors:
        """Return the state before anything was heard."""
        return {spec.name: spec.zeros() for spec in self.spec.state}

    def gates(self, row: NDArray[np.float32]) -> Array:
        """Return what one frame of keys, (FEATURES,), adds to the gates of its samples."""
        gates: Array = self._condition([GATES], {FRAME.name: row[None]})[0]
        return gates

    def advance(
        self, code: int, gates: Array, excited: Array, state: Tensors
    ) -> tuple[Array, Tensors]:
        """Take in one sample; return the logits of the next, (256,), and the next state.

        excited: what excites it, (CHANNELS,).
        """
        feeds = {
            SAMPLE.name: np.array([code], np.int64),
            GATES: gates,
            EXCITATION.name: excited[None],
            **state,
        }
        logits, *after = self._advance(self._fetches, feeds)
        return logits[0], dict(zip(self._names, after, strict=True))

    def said(self, inputs: Tensors) -> Tensors:
        """Return the logits after every sample; see `live.runtime.golden.Model`."""
        return by_samples(self.logits, inputs, self.hop)

    def logits(self, codes: Codes, keys: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits after every sample, (frames * hop, 256), from the initial state."""
        state = self.initial_state()
        logits = np.zeros((len(codes), CLASSES), np.float32)
        excited = excitation(keys, self.hop, self.rate)
        for at, code in enumerate(codes.tolist()):
            if at % self.hop == 0:
                gates = self.gates(keys[at // self.hop])
            logits[at], state = self.advance(code, gates, excited[at], state)
        return logits
