"""Trace a PyTorch network of notes into one ONNX graph that holds all its entry points."""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

import onnx
import torch
from onnxscript import optimizer
from torch import Tensor, nn

from export.copied import Cuts, Product
from models.contract.representation import (
    CONDITIONS,
    CONTEXT,
    NEXT_CONDITIONS,
    STEP,
    drawn_name,
    logits_name,
    width,
)
from models.contract.stream import NEXT, StreamSpec
from models.nets.embedding import SummedEmbedding
from models.nets.notes import NotesNet

_ANY_SIZE: Final = 1 << 40


class StepAndHeads(nn.Module):
    """One step through the trunk and all heads, with flat arguments: what is traced.

    The runtime cuts the graph at the context, so that trunk and heads can be run by themselves.
    """

    def __init__(self, net: NotesNet) -> None:
        super().__init__()
        self.net = net
        self.cuts = Cuts(net)
        self.names = tuple(spec.name for spec in net.state_specs())
        self.read = tuple(spec.name for spec in net.state_specs() if spec.read)

    def forward(
        self, step: Tensor, conditions: Tensor, following: Tensor, *rest: Tensor
    ) -> tuple[Tensor, ...]:
        """following: the conditions of the step that is drawn. rest: drawn codes for each head that reads some, state,
        and what the heads read of it as it stands after the step.

        Returns the context, every head's logits, the next state, and where the graph can be cut.
        """
        written, count = self.net.representation, len(self.names)
        told = [bool(written.told(factor)) for factor in range(len(written.factors))]
        given, rest = iter(rest[: sum(told)]), rest[sum(told) :]
        drawn = [next(given) if one else step[:, :0] for one in told]
        state = dict(zip(self.names, rest, strict=False))
        stood = dict(zip(self.read, rest[count:], strict=True))
        context, after = self.net.advance(step, conditions, state)
        logits = [
            self.net.head(factor, context, following, codes, stood)
            for factor, codes in enumerate(drawn)
        ]
        state = {name: after[name] for name in self.names}
        return (context, *logits, *state.values(), *self.cuts.tensors())


class PackedEmbedding(nn.Module):
    """A `SummedEmbedding` with all its tables in one: a single lookup, and the sum over what it found."""

    def __init__(self, tables: SummedEmbedding) -> None:
        super().__init__()
        weights = [cast(nn.Embedding, table).weight.detach() for table in tables.tables]
        firsts = torch.tensor([0, *(len(weight) for weight in weights[:-1])]).cumsum(0)
        widths = torch.tensor([column.width for column in tables.columns])
        self.register_buffer("table", torch.cat(weights))
        self.register_buffer("starts", firsts.repeat_interleave(widths) + tables.starts)

    def forward(self, codes: Tensor) -> Tensor:
        """codes: int64 (..., width of the columns) -> float32 (..., width)."""
        rows = codes + self.get_buffer("starts")
        return nn.functional.embedding(rows, self.get_buffer("table")).sum(-2)


def spec_of(net: NotesNet) -> StreamSpec:
    """Return the network's stream: its inputs, outputs and state."""
    return net.representation.stream(net.context_width, net.state_specs())


def trace(net: NotesNet) -> onnx.ModelProto:
    """Return the network as an ONNX model with the inputs and outputs of its spec, by name.

    The tensors at which it can be cut are outputs, too, until `export.copied.finish`.
    """
    net = _lean(net)
    representation, state = net.representation, net.initial_state()
    given = width(representation.conditions)
    widths = {STEP: width(representation.inputs), CONDITIONS: given, NEXT_CONDITIONS: given}
    for number, factor in enumerate(representation.names):
        if representation.told(number):
            widths[drawn_name(factor)] = representation.told(number)
    codes = {name: torch.zeros(1, count, dtype=torch.int64) for name, count in widths.items()}
    stood = {spec.stood.name: state[spec.name].clone() for spec in net.state_specs() if spec.read}
    arguments = codes | state | stood
    traced = StepAndHeads(net)
    outputs = [CONTEXT, *map(logits_name, representation.names), *(name + NEXT for name in state)]
    with torch.no_grad(), _quiet():
        program = torch.onnx.export(
            traced,
            tuple(arguments.values()),
            input_names=list(arguments),
            output_names=[*outputs, *traced.cuts.names],
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    model = program.model_proto
    _strip(model)
    # Weights that the exporter computes from other weights become weights.
    folded: onnx.ModelProto = optimizer.optimize(
        model, input_size_limit=_ANY_SIZE, output_size_limit=_ANY_SIZE
    )
    _strip(folded)
    return folded


def _lean(net: NotesNet) -> NotesNet:
    """Return a copy that computes the same in fewer steps: tables packed, no dropout."""
    net = copy.deepcopy(net).eval()
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, SummedEmbedding):
                setattr(parent, name, PackedEmbedding(child))
            elif isinstance(child, nn.Dropout):
                setattr(parent, name, nn.Identity())
    if net.copying is not None:
        net.copying.attend = Product(net.copying.attend)  # type: ignore[assignment]
    return net


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's own remarks (on packages that it does not need here) from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _strip(model: onnx.ModelProto) -> None:
    """Drop what can be inferred, and what only a debugger reads (paths of this machine)."""
    model.doc_string = ""
    del model.metadata_props[:]
    graph = model.graph
    del graph.metadata_props[:]
    del graph.value_info[:]
    for parts in (graph.node, graph.initializer, graph.input, graph.output):
        for part in parts:
            part.ClearField("doc_string")
            part.ClearField("metadata_props")
