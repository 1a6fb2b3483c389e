"""Trace a PyTorch event network into one ONNX graph that holds all its entry points."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch
from torch import Tensor, nn

from models.contract.events import (
    CONTEXT,
    EVENT,
    ONSET,
    PLACE,
    drawn_name,
    event_stream,
    logits_name,
)
from models.contract.performance import FACTORS
from models.contract.stream import NEXT, StreamSpec
from models.nets.events import EventNet


class Whole(nn.Module):
    """One event through the trunk and all heads, with flat arguments: what is traced.

    The runtime cuts the graph at the context, so that trunk and heads can be run by themselves.
    """

    def __init__(self, net: EventNet) -> None:
        super().__init__()
        self.net = net
        self.names = tuple(spec.name for spec in net.state_specs())

    def forward(
        self, event: Tensor, place: Tensor, onset: Tensor, *rest: Tensor
    ) -> tuple[Tensor, ...]:
        """rest: the drawn codes for every head but the first, then the state.

        Returns the context, every head's logits and the next state.
        """
        drawn, state = rest[: len(FACTORS) - 1], rest[len(FACTORS) - 1 :]
        context, after = self.net.step(event, place, dict(zip(self.names, state, strict=True)))
        none = event[:, :0]
        logits = (
            self.net.head(factor, context, onset, codes)
            for factor, codes in zip(FACTORS, (none, *drawn), strict=True)
        )
        return (context, *logits, *(after[name] for name in self.names))


def spec_of(net: EventNet) -> StreamSpec:
    """Return what the network is, seen from outside."""
    return event_stream(net.width, net.state_specs())


def trace(net: EventNet) -> onnx.ModelProto:
    """Return the network as an ONNX model with the inputs and outputs of its spec, by name."""
    net = net.eval()
    state = net.initial_state()
    arguments = {
        spec.name: torch.zeros(spec.shape, dtype=torch.int64) for spec in (EVENT, PLACE, ONSET)
    }
    for earlier, factor in enumerate(FACTORS[1:], 1):
        arguments[drawn_name(factor)] = torch.zeros(1, earlier, dtype=torch.int64)
    arguments |= state
    with torch.no_grad(), _quiet():
        program = torch.onnx.export(
            Whole(net),
            tuple(arguments.values()),
            input_names=list(arguments),
            output_names=[CONTEXT, *map(logits_name, FACTORS), *(name + NEXT for name in state)],
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    model: onnx.ModelProto = program.model_proto
    _strip(model)
    return model


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
    """Drop what only a debugger reads: it carries paths of the machine that exported."""
    model.doc_string = ""
    del model.metadata_props[:]
    graph = model.graph
    del graph.metadata_props[:]
    for part in (*graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
