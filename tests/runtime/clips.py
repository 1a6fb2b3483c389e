"""A toy sound model whose blocks last a second, as a generator of clips has them."""

import threading

import numpy as np

from live.runtime.prepared import Prepared
from live.runtime.sound.stream import Bars, Controls, Snapshot
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.samples import KEYS, Sound
from models.contract.stream import Tensors

RATE = 8000
SECOND = np.arange(RATE) / RATE


class Clips:
    """Each clip is one tone: its pitch follows from the seed, the clip's number and how many keys are down.

    gate: no clip is made while it is closed. fails: whether it fails instead.
    """

    rate, block, latency, channels = RATE, RATE, 0, 1
    abilities = frozenset({"keys", "prime"})

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def open(self, seed: int) -> "ClipStream":
        return ClipStream(self, seed)

    def said(self, inputs: Tensors) -> Tensors:
        return {}


class ClipStream:
    late = 0

    def __init__(self, model: Clips, seed: int) -> None:
        self.model, self.seed = model, seed
        self.arrays = {"number": np.zeros(1, np.int64), "heard": np.zeros(3, np.float32)}
        self._phases = np.zeros(RATE)

    def generate(self, controls: Controls, bars: Bars, out: Sound) -> None:
        assert len(out) == RATE
        assert len(controls.keys) == 1
        self.model.gate.wait()
        if self.model.fails:
            raise ValueError("no more")
        keys = int(np.count_nonzero(controls.keys[0, :KEYS]))
        pitch = 50 + self.seed % 7 + 10 * int(self.arrays["number"][0]) + keys
        np.multiply(SECOND, 2 * np.pi * pitch, out=self._phases)
        np.sin(self._phases, out=self._phases)
        np.copyto(out, self._phases, casting="same_kind")
        out *= np.float32(0.5)
        out += self.arrays["heard"][-1]
        self.arrays["number"] += 1

    def prime(self, heard: Sound) -> None:
        assert len(heard) >= RATE
        self.arrays["number"][:] = 0
        self.arrays["heard"][:] = heard[-3:]

    def snapshot(self) -> Snapshot:
        return Snapshot(self.arrays)

    def keep(self, into: Snapshot) -> None:
        into.copy_from(self.arrays)

    def restore(self, to: Snapshot) -> None:
        to.copy_to(self.arrays)


# What a module of `live.runtime.sound` offers


def check(document: Document, where: str) -> None:
    if document.knobs.get("gain") == 1.0:
        raise ArtifactError(f"{where} is too loud.")


def packed(tensors: object, document: Document, where: str) -> bytes:
    return b"clips"


def is_ready(document: Document, where: str) -> bool:
    return True


def opened(prepared: Prepared) -> Clips:
    assert prepared.weights == b"clips"
    return Clips()
