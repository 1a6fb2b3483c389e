"""WaveNet for raw audio: dilated causal convolutions with gates, shaped by the keys of a piano.

After van den Oord et al. 2016; weights and their names are those of `models.contract.samples`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.contract.samples import (
    CLASSES,
    DECODED,
    HEARD,
    sample_stream,
    taps_name,
    weight_shapes,
)
from models.contract.stream import ADVANCE, StreamSpec
from models.nets.audio import AudioNet, State


@dataclass(frozen=True)
class AudioWavenetConfig:
    """stacks x depth layers, dilated by 1, 2, 4 ... 2**(depth - 1) in each stack.

    residual, skip: widths. hop: samples in a frame of keys. condition: width of what keys become.
    keys: 0 if the network hears none. rate: samples a second.
    """

    residual: int = 32
    skip: int = 64
    stacks: int = 2
    depth: int = 10
    hop: int = 64
    condition: int = 64
    keys: int = 1
    rate: int = 16_000

    @property
    def dilations(self) -> tuple[int, ...]:
        """Return the dilation of each layer."""
        return tuple(2**layer for layer in range(self.depth)) * self.stacks


class AudioWavenetNet(AudioNet):
    """State: each layer's last `dilation` inputs, oldest first."""

    Config = AudioWavenetConfig
    config: AudioWavenetConfig

    def __init__(self, config: AudioWavenetConfig) -> None:
        super().__init__(config)
        self.dilations = config.dilations
        shapes = weight_shapes(config.residual, config.skip, len(self.dilations), config.condition)
        self.weights = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(shape)) for name, shape in shapes.items()}
        )
        self._begin()

    @property
    def reach(self) -> int:
        """Return how many samples before its last one a prediction depends on."""
        return sum(self.dilations)

    def forward(self, codes: Tensor, keys: Tensor, excitation: Tensor, since: int = 0) -> Tensor:
        """Return logits (B, T - since, 256) of the samples that follow, from the initial state.

        T is a multiple of `hop`; the first `since` samples are only heard. Under autocast the
        layers work in its type.
        """
        kind = _working_type(codes.device)
        residual, width, hop = self.config.residual, 2 * self.config.residual, self.config.hop
        # sigmoid(x) = (1 + tanh(x / 2)) / 2, so that both halves of the gates are one tanh.
        halves = torch.ones(width, device=codes.device)
        halves[residual:] = 0.5
        frames = (self.condition(keys) * halves.repeat(len(self.dilations))).to(kind)
        w = {name: tensor.to(kind) for name, tensor in self.weights.items()}
        excited = excitation.to(kind) @ (w["excite"] * halves.to(kind))
        now = functional.embedding(codes, w["embed"])
        opened: list[Tensor] = []
        for layer, dilation in enumerate(self.dilations):
            past = functional.pad(now, (0, 0, dilation, 0))[:, :-dilation]
            both = torch.cat((w[f"past_{layer}"], w[f"now_{layer}"])) * halves.to(kind)
            gates = (torch.cat((past, now), -1) @ both).view(len(codes), -1, hop, width)
            if not layer:
                gates = gates + excited.view_as(gates)
            # One frame of gates for its `hop` samples.
            added = frames[..., layer * width : (layer + 1) * width].unsqueeze(2)
            bent, gate = torch.tanh(gates + added).flatten(1, 2).chunk(2, -1)
            z = torch.addcmul(bent, bent, gate)
            opened.append(z)
            out, bias = w[f"out_{layer}"][:, :residual], w[f"out_bias_{layer}"][:residual]
            now = now + functional.linear(z, 0.5 * out.t(), bias)
        # What all layers add to the skips is one product.
        skip = torch.cat([w[f"out_{layer}"][:, residual:] for layer in range(len(opened))])
        bias = torch.stack([w[f"out_bias_{k}"][residual:] for k in range(len(opened))]).sum(0)
        heard = torch.cat(opened, -1)[:, since:]
        return self._head(functional.linear(heard, 0.5 * skip.t(), bias), w)

    def condition(self, keys: Tensor) -> Tensor:
        """Return gates (..., layers x 2 x residual) of frames of keys, (..., FEATURES)."""
        w = self.weights
        heard = keys[..., :HEARD]
        hidden = functional.silu(functional.linear(heard, w["keys_in"].t(), w["keys_in_bias"]))
        return functional.linear(hidden, w["keys_out"].t(), w["keys_out_bias"])

    def step(
        self, code: Tensor, gates: Tensor, excitation: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Feed one sample, (B,), with the gates (B, layers x 2 x residual) of its frame.

        excitation: what excites it, (B, CHANNELS).
        """
        w = dict(self.weights.items())
        residual, width = self.config.residual, 2 * self.config.residual
        now = functional.embedding(code, w["embed"])
        after: dict[str, Tensor] = {}
        skips: Tensor | None = None
        for layer in range(len(self.dilations)):
            taps = state[taps_name(layer)]
            after[taps_name(layer)] = torch.cat((taps[:, 1:], now.unsqueeze(1)), 1)
            here = taps[:, 0] @ w[f"past_{layer}"] + now @ w[f"now_{layer}"]
            here = here + gates[:, layer * width : (layer + 1) * width]
            if not layer:
                here = here + excitation @ w["excite"]
            z = torch.tanh(here[:, :residual]) * torch.sigmoid(here[:, residual:])
            out = z @ w[f"out_{layer}"] + w[f"out_bias_{layer}"]
            now = now + out[:, :residual]
            skip = out[:, residual:]
            skips = skip if skips is None else skips + skip
        assert skips is not None
        return self._head(skips, w), after

    def stream(self) -> StreamSpec:
        """Return the spec of what `condition` and `step` take, give and keep, at batch 1."""
        return sample_stream(self.config.residual, self.dilations)

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Return zeros: nothing has sounded."""
        taps = next(entry for entry in self.stream().entries if entry.name == ADVANCE).state
        return {spec.name: torch.zeros(batch, *spec.shape[1:], device=self.device) for spec in taps}

    def named_weights(self) -> dict[str, Tensor]:
        """Return every weight by the name that it has in the ONNX file."""
        return {name: tensor.detach() for name, tensor in self.weights.items()}

    def _head(self, skips: Tensor, w: dict[str, Tensor]) -> Tensor:
        hidden = functional.relu(skips)
        hidden = functional.relu(functional.linear(hidden, w["first"].t(), w["first_bias"]))
        logits: Tensor = functional.linear(hidden, w["second"].t(), w["second_bias"])
        return logits

    @torch.no_grad()
    def _begin(self) -> None:
        """Set first weights: what goes in keeps its size through the gates, however many layers."""
        layers = len(self.dilations)
        for name, weights in self.weights.items():
            if name == "embed":
                # Codes that are near each other sound alike: they begin alike.
                nn.init.normal_(weights, std=0.2)
                amplitude = torch.linspace(-1.0, 1.0, CLASSES).unsqueeze(1)
                linear = torch.from_numpy(DECODED).unsqueeze(1)
                channels = torch.randn(4, weights.shape[1])
                weights += amplitude * channels[0] + linear * 2.0 * channels[1]
                weights += torch.cos(torch.pi * amplitude) * 0.5 * channels[2]
            elif weights.ndim == 2:
                nn.init.normal_(weights, std=weights.shape[0] ** -0.5)
                if name.startswith("out_"):
                    weights[:, : self.config.residual] *= layers**-0.5
                    weights[:, self.config.residual :] *= layers**-0.5 * 2.0
                elif name.startswith(("past_", "now_")):
                    weights *= 2.0**-0.5
                elif name == "keys_out":
                    weights *= 0.5
        self.weights["second"] *= 0.5


def _working_type(device: torch.device) -> torch.dtype | None:
    """Return the type of autocast there, if it is on."""
    known = torch.amp.is_autocast_available(device.type)
    if known and torch.is_autocast_enabled(device.type):
        return torch.get_autocast_dtype(device.type)
    return None
