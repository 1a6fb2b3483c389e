"""An organ pipe: it sounds at its pitch while a key is down, and makes no step of any network."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from live.runtime.prepared import Prepared
from live.runtime.sound.stream import KEYS, PRIME, Bars, Controls, Snapshot
from models.contract.document import Document
from models.contract.samples import KEYS as COUNT
from models.contract.samples import Sound
from models.contract.stream import Tensors

RATE, BLOCK = 8000, 40
PITCH = 400.0
_RISING = np.arange(BLOCK)


class Pipe:
    """See `SoundModel`."""

    rate, block, latency, channels = RATE, BLOCK, 0, 1
    abilities = frozenset({KEYS, PRIME})

    def open(self, seed: int) -> "PipeStream":
        return PipeStream(seed)

    def said(self, inputs: Tensors) -> Tensors:
        return {}


class PipeStream:
    """See `SoundStream`."""

    late = 0

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._arrays = {"samples": np.zeros(1, np.int64)}

    def generate(self, controls: Controls, bars: Bars, out: Sound) -> None:
        for block in range(len(out) // BLOCK):
            down = controls.keys[block, :COUNT].any()
            phases = 2 * np.pi * PITCH * (self._arrays["samples"][0] + _RISING) / RATE
            out[block * BLOCK :][:BLOCK] = 0.5 * down * np.sin(phases)
            self._arrays["samples"] += BLOCK

    def prime(self, heard: Sound) -> None:
        self._arrays["samples"][:] = 0

    def snapshot(self) -> Snapshot:
        return Snapshot(self._arrays)

    def keep(self, into: Snapshot) -> None:
        into.copy_from(self._arrays)

    def restore(self, to: Snapshot) -> None:
        to.copy_to(self._arrays)


def check(document: Document, where: str) -> None:
    """Every document of its name will do."""


def packed(tensors: Iterable[Any], document: Document, where: str) -> bytes:
    return b"pipe"


def is_ready(document: Document, where: str) -> bool:
    return True


def opened(prepared: Prepared) -> Pipe:
    return Pipe()
