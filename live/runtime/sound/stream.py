"""What a voice of sound plays: a model, whatever runs it, and the streams of samples that it makes.

A model is one file of this folder and one line of `table.py`. The engine sees blocks of float32, and nothing of
how they come about: classes, spectra, clips.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import FEATURES, Sound
from models.contract.stream import Tensors

KEYS: Final = "keys"
"""It can be played: `Controls.keys` shape what it makes."""
PRIME: Final = "prime"
"""It can go on from other sound."""

Keys = NDArray[np.float32]
"""Rows of keys, (blocks, FEATURES); see `models.contract.samples.Keyboard`."""


@dataclass(slots=True)
class Controls:
    """What shapes the blocks that are made next; whoever plays has one and writes it over.

    keys: a row for each block; more rows than blocks are not looked at. temperature: 0 takes what is likeliest.
    top_p: what is likeliest is kept until it comes to this share, then the temperature is applied.
    """

    keys: Keys
    temperature: float = 1.0
    top_p: float = 1.0

    @classmethod
    def of(cls, blocks: int) -> "Controls":
        """Return controls of so many blocks in which no key is down."""
        return cls(np.zeros((blocks, FEATURES), np.float32))


@dataclass(slots=True)
class Bars:
    """Where in the music the first sample is heard, for models that follow the beat.

    beat: quarter notes since the clock began. tempo: quarter notes a minute; 0 while there is no clock.
    """

    beat: float = 0.0
    tempo: float = 0.0


class Snapshot:
    """Room for one moment of a stream: arrays by name, of fixed shapes. Threads: one at a time."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take a copy of these arrays."""
        self.arrays = {name: array.copy() for name, array in arrays.items()}

    def copy_from(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write these over what is here."""
        for name, array in self.arrays.items():
            np.copyto(array, arrays[name])

    def copy_to(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write what is here over these."""
        for name, array in self.arrays.items():
            np.copyto(arrays[name], array)


class SoundStream(Protocol):
    """One voice's sound as it goes on.

    seed: 64 bits that its draws depend on, besides how many samples it has made; it may be changed between two
    blocks. late: how many blocks were silent since what they should hold was not made in time. Once it has played,
    `generate`, `keep` and `restore` allocate no memory. Threads: one at a time.
    """

    seed: int
    late: int

    def generate(self, controls: Controls, bars: Bars, out: Sound) -> None:
        """Write the next samples into `out`, float32 (blocks * block,) from -1 to 1."""

    def prime(self, heard: Sound) -> None:
        """Go on from the end of other sound, float32 (samples,), a block of it at least; it takes its time."""

    def snapshot(self) -> Snapshot:
        """Return this moment, in memory that `keep` may write over."""

    def keep(self, into: Snapshot) -> None:
        """Write this moment over a snapshot of any stream of the same model."""

    def restore(self, to: Snapshot) -> None:
        """Go on from a moment that a stream of the same model has had."""


class SoundModel(Protocol):
    """What makes sound. Read-only; made on any thread, shared by all."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def block(self) -> int:
        """Samples that are made at least at a time, and for which one row of keys holds."""

    @property
    def latency(self) -> int:
        """Samples that pass between what is asked of it and what is heard of that, beyond its block."""

    @property
    def channels(self) -> int:
        """How many it makes; the engine plays those that make one, and places it in the mix itself."""

    @property
    def abilities(self) -> frozenset[str]:
        """What it can do: `keys`, `prime`."""

    def open(self, seed: int) -> SoundStream:
        """Return a stream that has made nothing yet; any thread may call it, and it takes milliseconds."""

    def said(self, inputs: Tensors) -> Tensors:
        """Return what comes out of the network where its golden pair goes in; see `live.runtime.golden.Model`."""
