"""Replay the golden pair of a network that says which sample comes next."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import FRAME, LOGITS, SAMPLE, SILENCE, Codes
from models.contract.stream import Tensors

Logits = NDArray[np.float32]
Keys = NDArray[np.float32]


def by_samples(said: Callable[[Codes, Keys], Logits], inputs: Tensors, block: int) -> Tensors:
    """Return what a network says of the samples and keys of its golden pair, (samples, 1, 256).

    said: returns the logits after samples, (blocks * block,), with the keys of each block.
    """
    keys, samples = inputs[FRAME.name][:, 0], inputs[SAMPLE.name][:, 0]
    codes = np.full(len(keys) * block, SILENCE, np.uint8)
    codes[: len(samples)] = samples
    logits = said(codes, np.ascontiguousarray(keys, np.float32))[: len(samples)]
    return {LOGITS.name: logits[:, None]}
