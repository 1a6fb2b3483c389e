"""Time an audio WaveNet that PyTorch runs, for `extempo bench`: python -m export.sound.stream SECONDS ROW...

A row is SIZE.ENGINE, such as 20x32x64.torch_cached. One thread, random weights, and only the network: no
draw. Prints one JSON list of `live.bench.torch_rows.Timed`, in seconds a sample.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median
from typing import Final

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from live.bench.apart import ENGINE
from live.bench.sound import sizes as sound_sizes
from live.bench.sound.pace import each
from live.bench.torch_rows import Timed
from live.machine import realtime
from models.contract.samples import CLASSES, SILENCE
from models.contract.sizes import Sizes

_TRIAL: Final = 0.3
"""Seconds that each way is tried for at most, to find the best."""
_FIRST: Final = 3
"""Samples that are not counted."""
Step = Callable[[Tensor, int], Tensor]
"""Takes a sample's code, int64 (1,), and its number; returns logits."""


class Weights(nn.Module):
    """An audio WaveNet's weights as tensors, past and present taps of a layer in one matrix."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        found = {name: torch.from_numpy(one) for name, one in sound_sizes.weights(sizes).items()}
        layers = range(len(sizes.dilations))
        self.sizes = sizes
        self.embed = found["embed"]
        self.kernels = [torch.cat((found[f"past_{n}"], found[f"now_{n}"])) for n in layers]
        self.gates = list(found["keys_out_bias"].view(1, len(layers), -1).unbind(1))
        self.outs = [found[f"out_{n}"] for n in layers]
        self.biases = [found[f"out_bias_{n}"] for n in layers]
        self.head = [found[name] for name in ("first", "first_bias", "second", "second_bias")]


def step(
    code: Tensor,
    number: int,
    embed: Tensor,
    rings: list[Tensor],
    kernels: list[Tensor],
    gates: list[Tensor],
    outs: list[Tensor],
    biases: list[Tensor],
    head: list[Tensor],
) -> Tensor:
    """One sample through all layers; rings, (dilation, residual) each, hold what layers were given."""
    width = embed.size(1)
    now = embed.index_select(0, code)
    skips = torch.zeros((1, head[0].size(0)))
    for layer in range(len(rings)):
        ring = rings[layer]
        slot = ring[number % ring.size(0)]
        both = torch.cat((slot.unsqueeze(0), now), 1)
        gate = torch.addmm(gates[layer], both, kernels[layer])
        slot.copy_(now[0])
        mixed = torch.tanh(gate[:, :width]) * torch.sigmoid(gate[:, width:])
        out = torch.addmm(biases[layer], mixed, outs[layer])
        now = now + out[:, :width]
        skips = skips + out[:, width:]
    hidden = torch.relu(torch.addmm(head[1], torch.relu(skips), head[0]))
    return torch.addmm(head[3], hidden, head[2])


def cached(weights: Weights, run: Callable[..., Tensor]) -> Step:
    """Return what takes one sample after the other, its taps kept in rings; run: `step`, or as compiled."""
    w = weights
    rings = [torch.zeros(dilation, w.sizes.residual) for dilation in w.sizes.dilations]
    rest = (w.embed, rings, w.kernels, w.gates, w.outs, w.biases, w.head)
    return lambda code, number: run(code, number, *rest)


def naive(weights: Weights, before: list[int] | None = None) -> Step:
    """Compute the whole receptive field anew for every sample, each layer only as far as it is needed.

    before: what was heard, or silence.
    """
    w, width = weights, weights.sizes.residual
    kernels = [one.view(2, width, -1).permute(2, 1, 0).contiguous() for one in w.kernels]
    outs = [one.t().unsqueeze(2).contiguous() for one in w.outs]
    field = 1 + sum(w.sizes.dilations)
    heard = torch.tensor([*[SILENCE] * field, *(before or [])][-field:])

    def run(code: Tensor, _: int) -> Tensor:
        heard.copy_(torch.cat((heard[1:], code)))
        now = w.embed[heard].t().unsqueeze(0)
        skips = torch.zeros((1, w.sizes.skip))
        for layer, dilation in enumerate(w.sizes.dilations):
            bias = w.gates[layer][0]
            gate = functional.conv1d(now, kernels[layer], bias, dilation=dilation)
            mixed = torch.tanh(gate[:, :width]) * torch.sigmoid(gate[:, width:])
            out = functional.conv1d(mixed, outs[layer], w.biases[layer])
            now = now[:, :, dilation:] + out[:, :width]
            skips = skips + out[:, width:, -1]
        first, first_bias, second, second_bias = w.head
        hidden = torch.relu(torch.addmm(first_bias, torch.relu(skips), first))
        return torch.addmm(second_bias, hidden, second)

    return run


def timed(run: Step, seconds: float) -> list[float]:
    """Return the seconds that samples took one after the other, at least one."""
    code = torch.tensor([SILENCE])
    numbers = count()

    def sample() -> None:
        number = next(numbers)
        code.fill_(number % CLASSES)
        run(code, number)

    with torch.inference_mode():
        return each(sample, seconds, _FIRST)


def _best(weights: Weights, seconds: float) -> tuple[str, list[float]]:
    script: Callable[..., Callable[..., Tensor]] = torch.jit.script
    ways = {"eager": step, "compiled by torch.jit.script": script(step)}
    trial = min(_TRIAL, seconds / 3)
    tried = {way: median(timed(cached(weights, run), trial)) for way, run in ways.items()}
    way = min(tried, key=lambda one: tried[one])
    others = ", ".join(f"{one} {1e6 * took:.0f}" for one, took in tried.items())
    return f"{way} (p50 of a short trial: {others})", timed(cached(weights, ways[way]), seconds)


def _rows(seconds: float, rows: list[str]) -> Iterator[Timed]:
    for row in rows:
        size, engine = row.split(".")
        weights = Weights(sound_sizes.sized(size))
        if engine == "torch_cached":
            way, taken = _best(weights, seconds)
            yield Timed(row, f"taps kept between samples, {way}", taken)
        else:
            way = "the receptive field computed anew for every sample, eager"
            yield Timed(row, way, timed(naive(weights), seconds))


def main(arguments: list[str]) -> None:
    """Time the rows that are asked for."""
    seconds, *rows = arguments
    torch.set_num_threads(1)
    realtime.enter(ENGINE)
    timings = list(_rows(float(seconds), rows))
    sys.stdout.buffer.write(msgspec.json.encode(timings))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1:])
