"""The sizes of audio WaveNet that a bench measures, with random weights, and what is played with them."""

from collections.abc import Mapping
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract import samples
from models.contract.document import FORMAT, Document
from models.contract.sizes import NET, Sizes

RATE: Final = 16000
"""Samples a second, where a row does not say otherwise."""
USUAL: Final = "20x32x64"
"""The size that the budgets are for: layers, residual, skip."""
SMALL: Final = "10x16x32"
SIZES: Final = (USUAL, "20x64x256", SMALL)

HOP: Final = 64
"""Samples of a frame: any block that is asked for is a whole number of them."""
_DEPTH: Final = 10
"""Layers of a stack: the last one's dilation is 512."""
_SHRUNK: Final = 0.3
"""What a layer adds to its input is small, so that twenty of them do not run away."""


_SOUNDING: Final = 200
LEVEL: Final = float(samples.decode(np.array([_SOUNDING]))[0])
"""What an organ's samples are while it sounds."""


def sized(name: str, rate: int = RATE) -> Sizes:
    """Return what a name such as 20x32x64 stands for. rate: samples a second."""
    layers, residual, skip = (int(one) for one in name.split("x"))
    return Sizes(
        residual=residual,
        skip=skip,
        stacks=layers // _DEPTH,
        depth=_DEPTH,
        hop=HOP,
        condition=32,
        keys=1,
        rate=rate,
    )


def described(sizes: Sizes, title: str) -> Document:
    """Return the document of such a network, without a golden pair."""
    return Document(
        format=FORMAT,
        name=title,
        kind="audio",
        net=NET,
        config=sizes.config,
        representation=samples.NAME,
        vocabulary={},
        stream=sizes.stream,
        precision="fp32",
        sample_rate=sizes.rate,
        licence="CC0-1.0",
        corpora=[],
        figures=[],
        parameters=sum(prod(shape) for shape in sizes.weights.values()),
        notes="To measure how its size plays.",
    )


def weights(sizes: Sizes) -> Mapping[str, NDArray[np.float32]]:
    """Return random weights, always the same, under which sound neither dies nor explodes."""
    chance = np.random.default_rng(0)
    return {name: _random(chance, name, shape) for name, shape in sizes.weights.items()}


def organ(sizes: Sizes) -> Mapping[str, NDArray[np.float32]]:
    """Return weights that sound at one level, `LEVEL`, while a key is held, and are silent else."""
    made = {name: np.zeros(shape, np.float32) for name, shape in sizes.weights.items()}
    made["keys_in"][: samples.KEYS] = 10.0
    # Of the first layer the half that is bent: its other half lets a half of it through.
    made["keys_out"][:, : sizes.residual] = 10.0
    made["out_0"][:, sizes.residual :] = 1.0
    made["first"][:] = np.eye(sizes.skip, dtype=np.float32)
    made["second"][:, _SOUNDING] = 10.0
    made["second_bias"][samples.SILENCE] = 100.0
    return made


def _random(chance: np.random.Generator, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if "bias" in name:
        return np.zeros(shape, np.float32)
    spread = 1.0 if name == "embed" else 1.0 / np.sqrt(shape[0])
    if name.startswith("out_"):
        spread *= _SHRUNK
    return (spread * chance.standard_normal(shape)).astype(np.float32)
