"""Write audio WaveNets to be measured by `extempo bench`: python -m export.sound.untrained FOLDER SIZE...

A size is layers x residual x skip, such as 20x32x64, and its weights are random; 20x32x64-organ is of that
size too, and sounds at one level while a key is held. The files are called after them.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import onnx

from export.sound.graph import sound_graph
from live.bench.sound import sizes as sound_sizes
from live.bench.sound.session import Session
from live.runtime.cut import part
from models.contract.document import KEY, dump
from models.contract.pair import Output, Pair, Tensor, kept
from models.contract.samples import CLASSES, FRAME, LOGITS, SAMPLE, SILENCE
from models.contract.sizes import Sizes
from models.contract.stream import ADVANCE, Array

_GOLDEN: Final = 64
_SHOWN: Final = 16
"""Samples of the golden pair, and how many of them have their logits in it."""


def write(name: str, folder: Path) -> Path:
    """Write the artifact of a size; return its path."""
    size, _, kind = name.partition("-")
    sizes = sound_sizes.sized(size)
    weights = sound_sizes.organ(sizes) if kind else sound_sizes.weights(sizes)
    model = sound_graph(weights, sizes)
    document = msgspec.structs.replace(
        sound_sizes.described(sizes, name),
        pair=_pair(model, sizes),
    )
    onnx.helper.set_model_props(model, {KEY: dump(document)})
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def _pair(model: onnx.ModelProto, sizes: Sizes) -> Pair:
    """Return samples without any key struck, and what ONNX Runtime says comes after them."""
    entry = sizes.stream.entry(ADVANCE)
    session = Session(part(model, entry, "the graph"), entry)
    codes = np.random.default_rng(1).integers(0, CLASSES, _GOLDEN)
    codes[0] = SILENCE
    logits = []
    for code in codes.tolist():
        session.advance(code)
        logits.append(session.logits.copy())
    keys = np.zeros((-(-_GOLDEN // sizes.hop), *FRAME.shape), np.float32)
    inputs: dict[str, Array] = {FRAME.name: keys, SAMPLE.name: codes[:, None]}
    outputs = {LOGITS.name: Output(Tensor.of(np.stack(logits[-_SHOWN:])))}
    return Pair(kept(inputs), outputs, {"fp32": 1e-3})


def main(arguments: list[str]) -> None:
    """Write one artifact of each size."""
    folder, *names = arguments
    for name in names:
        write(name, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
