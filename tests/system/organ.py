"""A network that can be heard without training: it whistles while a key is down, and is silent otherwise."""

from pathlib import Path

import numpy as np
import onnx

from export.sound.graph import sound_graph
from models.contract.document import KEY, dump
from models.contract.samples import KEYS, SILENCE
from models.contract.sizes import Sizes
from tests.tiny_sound import tiny_sound_document

RATE = 16000
_HALF_PERIOD = 8 + 1
"""Samples: the deepest layer's dilation, from the sample that is drawn."""
PITCH = RATE / (2 * _HALF_PERIOD)
"""Hz of the whistle, a square wave."""
_UP, _DOWN = 224, 31
_SURE = 20.0


def organ(path: Path) -> Path:
    """Write the artifact, and return its path."""
    sizes = Sizes(4, 4, 1, 4, 16, 4, 1, RATE)
    weights = {name: np.zeros(shape, np.float32) for name, shape in sizes.weights.items()}
    weights["embed"][:, 0] = np.where(np.arange(256) >= SILENCE, 1.0, -1.0)
    # Each sample is the opposite of the one that lies half a period back; a key that is down lets it out.
    weights["past_3"][0, 0] = -_SURE
    weights["keys_in"][:KEYS, 0] = 2 * _SURE
    gate = 3 * 2 * sizes.residual + sizes.residual
    weights["keys_out"][0, gate] = 1.0
    weights["keys_out_bias"][gate] = -_SURE
    skips = weights["out_3"][:, sizes.residual :]
    skips[0, 0], skips[0, 1] = 1.0, -1.0
    weights["first"][0, 0] = weights["first"][1, 1] = 1.0
    weights["second"][0, _UP] = weights["second"][1, _DOWN] = 2 * _SURE
    weights["second_bias"][SILENCE] = _SURE
    model = sound_graph(weights, sizes)
    document = dump(tiny_sound_document(weights, sizes, "organ"))
    model.metadata_props.append(onnx.StringStringEntryProto(key=KEY, value=document))
    path.write_bytes(model.SerializeToString())
    return path
