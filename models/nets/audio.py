"""What all networks of audio share: codes of samples and keys in, logits of the next sample out.

Shapes: B sounds, T samples, F frames of `hop` samples. codes are int64 (B, T), keys float32
(B, F, FEATURES), logits float32 (B, T, 256).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

from torch import Tensor

from models.contract.stream import StreamSpec
from models.nets.network import Network

State = Mapping[str, Tensor]
"""Named state tensors; a step returns new ones and leaves these as they are."""


class AudioConfig(Protocol):
    """The fields that every network's Config has."""

    @property
    def hop(self) -> int:
        """Return how many samples a frame of keys lasts."""

    @property
    def keys(self) -> int:
        """Return 1 if the network hears keys, or 0 if none is ever struck."""

    @property
    def rate(self) -> int:
        """Return samples a second."""


class AudioNet(Network, ABC):
    """A network of audio: over the same samples, `forward` and a chain of `step` agree."""

    Config: ClassVar[type]
    kind: ClassVar[Literal["audio"]] = "audio"

    def __init__(self, config: AudioConfig) -> None:
        super().__init__()
        self.config = config

    @property
    @abstractmethod
    def reach(self) -> int:
        """Return how many samples before its last one a prediction depends on."""

    @abstractmethod
    def forward(self, codes: Tensor, keys: Tensor, excitation: Tensor, since: int = 0) -> Tensor:
        """Return logits (B, T - since, 256) of the samples that follow, from the initial state.

        T is a multiple of `hop`; the first `since` samples are only heard. excitation: float32
        (B, T, CHANNELS), what the keys excite (see `models.contract.samples.excitation`).
        """

    @abstractmethod
    def condition(self, keys: Tensor) -> Tensor:
        """Return gates (B, ...) of one frame of keys, (B, FEATURES)."""

    @abstractmethod
    def step(
        self, code: Tensor, gates: Tensor, excitation: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one sample, (B,), with the gates of its frame and what excites it, (B, CHANNELS).

        Returns the logits (B, 256) of the next one, and the next state.
        """

    @abstractmethod
    def stream(self) -> StreamSpec:
        """Return the spec of what `condition` and `step` take, give and keep, at batch 1."""

    @abstractmethod
    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return the state before anything sounded."""

    @abstractmethod
    def named_weights(self) -> dict[str, Tensor]:
        """Return every weight by the name that it has in the ONNX file."""
