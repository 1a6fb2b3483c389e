"""The sizes of an audio WaveNet, from which its inputs, outputs, state and weights follow."""

from collections.abc import Mapping

import msgspec
import numpy as np

from models.contract.errors import ArtifactError
from models.contract.pair import Inputs
from models.contract.samples import (
    CLASSES,
    EXCITATION,
    FRAME,
    SAMPLE,
    sample_stream,
    weight_shapes,
)
from models.contract.stream import StreamSpec

NET = "audio-wavenet"
"""What the network is called in documents and recipes."""


class Sizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an artifact's document holds as `config`."""

    residual: int
    skip: int
    stacks: int
    depth: int
    hop: int
    """Samples that one frame of the keys lasts."""
    condition: int
    """Width of what the keys become on their way to the gates."""
    keys: int
    """1 if it hears keys; 0 if it was trained with none, so that none is ever struck."""
    rate: int
    """Samples a second."""

    @classmethod
    def of(cls, config: Mapping[str, int | float | str], where: str) -> "Sizes":
        """Read a document's config; ArtifactError, naming the file `where`, if a size is missing."""
        try:
            return msgspec.convert(dict(config), cls)
        except msgspec.ValidationError as error:
            raise ArtifactError(
                f"{where} does not say how large its network is ({error}): export the model again."
            ) from error

    @property
    def config(self) -> dict[str, int | float | str]:
        """Return the sizes as a document holds them."""
        return msgspec.structs.asdict(self)

    @property
    def dilations(self) -> tuple[int, ...]:
        """Return how far back each layer looks, in samples: 1, 2, 4 ..., and again."""
        return tuple(2**power for _ in range(self.stacks) for power in range(self.depth))

    @property
    def stream(self) -> StreamSpec:
        """Return the stream of such a network: its inputs, outputs and state."""
        return sample_stream(self.residual, self.dilations)

    @property
    def given(self) -> Inputs:
        """Return what goes into such a network: the player works the excitation out of the keys."""
        classes = {SAMPLE.name: np.array([CLASSES])}
        return Inputs(classes, {FRAME.name: self.hop}, frozenset({EXCITATION.name}))

    @property
    def weights(self) -> Mapping[str, tuple[int, ...]]:
        """Return the name and shape of every weight."""
        return weight_shapes(self.residual, self.skip, self.stacks * self.depth, self.condition)
