"""Tiny artifacts that copy from their own past, with random weights, for tests that need one."""

from pathlib import Path

import torch

from export.artifact import About, describe, graph_of, write_artifact
from models.contract.representation import Representation
from models.contract.representations.performance import PERFORMANCE
from models.nets.table import build
from tests.tiny import LIKELY, Likely

LOG = 48
"""Rows that it looks back at: fewer than a test plays."""


def copying_artifact(
    path: Path,
    hidden: int = 16,
    seed: int = 0,
    name: str = "copying",
    written: Representation = PERFORMANCE,
    likely: Likely = LIKELY,
) -> Path:
    """Write it; return its path."""
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    sizes = {"hidden": hidden, "layers": 1, "embed": 12, "head": 16, "memory": 0, "copy": LOG}
    net = build("lstm", sizes, written).eval()
    assert net.copying is not None
    for weights in net.copying.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    for factor, classes in likely.items():
        bias = net.head_of(factor).logits.bias.data
        bias.fill_(-6.0)
        bias[list(classes)] = 0.0
    torch.set_rng_state(before)
    about = About(name=name, net="lstm", licence="CC0-1.0")
    write_artifact(net, graph_of(net, "fp32"), describe(net, about, "fp32"), path)
    return path
