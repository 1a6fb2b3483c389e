"""A network of sound in all the forms that it may be run in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnxruntime
import torch

from export.artifact import About, describe, graph_of, in_memory
from export.sound.golden import SoundPhrase, phrase_of, sound_reference
from export.sound.steps import SoundSteps
from live.runtime.prepared import Prepared
from live.runtime.sound.wavenet import WaveNet
from models.contract.samples import excitation
from models.contract.stream import NEXT
from models.nets.audio import AudioNet
from models.nets.table import build_audio

SMALL = {
    "audio-wavenet": {"residual": 6, "skip": 9, "stacks": 2, "depth": 4, "hop": 37, "condition": 5},
}
"""Sizes of each network that is exported and stepped in a moment; none of them goes into vectors."""
RATE = 8000
FORWARD = "torch forward"
Said = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass
class Subject:
    """One network in all its forms, and what PyTorch computes over a second."""

    net: AudioNet
    graph: bytes
    prepared: Prepared

    @cached_property
    def phrase(self) -> SoundPhrase:
        return phrase_of(self.net)

    @cached_property
    def expected(self) -> np.ndarray:
        return sound_reference(self.net, self.phrase)

    @cached_property
    def steps(self) -> SoundSteps:
        return SoundSteps(self.prepared)

    @cached_property
    def model(self) -> WaveNet:
        return WaveNet.of_prepared(self.prepared)

    def said(self, runtime: str) -> Said:
        """Logits after every sample, from nothing heard, by one of `RUNTIMES`."""
        return {
            FORWARD: self._by_forward,
            "torch steps": self._by_torch_steps,
            "whole graph": self._by_graph,
            "entries": self.steps.logits,
            "kernel": self.model.open(0).said,
        }[runtime]

    def _by_forward(self, codes: np.ndarray, keys: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            heard = (tensor(codes), torch.from_numpy(keys), self._excited(keys))
            return self.net(*(each[None] for each in heard))[0].numpy()

    def _by_torch_steps(self, codes: np.ndarray, keys: np.ndarray) -> np.ndarray:
        state, rows = self.net.initial_state(), []
        with torch.no_grad():
            gates = self.net.condition(torch.from_numpy(keys))
            excited = self._excited(keys)
            for at, code in enumerate(tensor(codes)):
                frame = at // self.net.config.hop
                logits, state = self.net.step(
                    code[None], gates[frame : frame + 1], excited[at : at + 1], state
                )
                rows.append(logits[0].numpy())
        return np.array(rows)

    def _excited(self, keys: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(excitation(keys, self.net.config.hop, self.net.config.rate))

    def _by_graph(self, codes: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Keys and sample at once, as anybody would run the file who knows nothing of entries."""
        session = onnxruntime.InferenceSession(self.graph, providers=["CPUExecutionProvider"])
        state = {spec.name: spec.zeros() for spec in self.prepared.document.stream.state}
        names = ["logits", *(name + NEXT for name in state)]
        rows = []
        excited = excitation(keys, self.net.config.hop, self.net.config.rate)
        for at, code in enumerate(codes):
            feeds = {
                "keys": keys[at // self.net.config.hop][None],
                "sample": np.array([code], np.int64),
                "excitation": excited[at : at + 1],
                **state,
            }
            logits, *after = session.run(names, feeds)
            state = dict(zip(state, after, strict=True))
            rows.append(logits[0])
        return np.array(rows)


RUNTIMES = (FORWARD, "torch steps", "whole graph", "entries", "kernel")


def tensor(codes: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(codes.astype(np.int64))


def small(name: str, hears_keys: bool) -> Subject:
    """A network of small sizes and lively weights."""
    torch.manual_seed(3)
    net = build_audio(name, {**SMALL[name], "rate": RATE, "keys": int(hears_keys)}).eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(1.7 * weight if weight.ndim > 1 else 0.3 * torch.randn(weight.shape))
    graph = graph_of(net, "fp32")
    document = describe(net, About(name="small", net=name, licence="CC0-1.0"), "fp32")
    return Subject(net, graph.SerializeToString(), in_memory(graph, document))
