"""Artifacts of eight bits: what is made smaller beside the weights of products."""

import onnx
import torch

from export.artifact import About, describe, disagreement, graph_of, opened
from export.golden import TOLERANCE
from export.shrink import LARGE
from models.nets.table import build
from tests.tokens import TABLE, tokens

ABOUT = About(name="small", net="lstm", licence="CC0-1.0")
EMBED = 1 + LARGE // len(TABLE)


def test_large_tables_are_kept_in_half_precision_and_small_ones_whole():
    torch.manual_seed(0)
    config = {"hidden": 8, "layers": 1, "embed": EMBED, "head": 8}
    net = build("lstm", config, tokens()).eval()
    small = graph_of(net, "int8")
    looked_up = {node.input[0] for node in small.graph.node if node.op_type == "Gather"}
    tables = [one for one in small.graph.initializer if one.name in looked_up]
    kinds = {one.data_type for one in tables if EMBED in one.dims}
    assert kinds == {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16}
    (large,) = (one for one in tables if one.data_type == onnx.TensorProto.FLOAT16)
    assert large.dims[0] > len(TABLE)
    assert disagreement(net, opened(small, describe(net, ABOUT, "int8"))) < TOLERANCE["int8"]
