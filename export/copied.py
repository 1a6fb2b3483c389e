"""Cut what copies out of a traced graph: name the tensors at which it can be cut, and the weights between.

What compiled code is told of them is in the document, see `models.contract.copied`.
"""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, Final, cast

import msgspec
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from models.contract import copied
from models.contract.copied import Copied, Said
from models.nets.copying import Copying
from models.nets.matches import look_up
from models.nets.mixture import weights_of
from models.nets.notes import NotesNet

_INWARD: Final = "copied_inward"
_ONWARD: Final = "copied_onward"
_CONTEXT: Final = "copied_context"
_HEARD: Final = "copied_heard"
_NEAR: Final = 1e-6
"""What the exporter computes of weights beforehand is rounded elsewhere."""

Weights = dict[str, NDArray[np.float32]]


def copied_of(net: NotesNet) -> Copied | None:
    """Return where the graph of a network can be cut, or None where it copies nothing."""
    if net.copying is None:
        return None
    names = net.copying.names
    said = Copied(
        rule=copied.rule(net.representation),
        embed=net.config.embed,
        width=net.width,
        head=net.config.head,
        inward=_INWARD,
        onward=_ONWARD,
        context=_CONTEXT,
        heard=_HEARD,
        heads={name: Said(f"copied_{name}_own", f"copied_{name}_hidden") for name in names},
        weights={},
    )
    parts = copied.shapes(said, net.representation)
    return msgspec.structs.replace(said, weights={part: f"net.copying.{part}" for part in parts})


def cuts_of(found: Copied) -> list[str]:
    """Return the names of the tensors at which a graph can be cut."""
    heads = (name for said in found.heads.values() for name in (said.own, said.hidden))
    return [found.inward, found.onward, found.context, found.heard, *heads]


class Product(nn.Module):
    """A linear layer whose weights lie as a product reads them, (in, out), in every precision."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.register_buffer("weight", linear.weight.detach().T.contiguous())
        self.register_buffer("bias", linear.bias.detach())

    def forward(self, given: Tensor) -> Tensor:
        """given: (..., in) -> (..., out)."""
        made: Tensor = given @ self.get_buffer("weight") + self.get_buffer("bias")
        return made


class Cuts:
    """The tensors at which a network can be cut, as it is traced."""

    def __init__(self, net: NotesNet) -> None:
        """Watch a network from now on."""
        self._seen: dict[str, Tensor] = {}
        self.found = copied_of(net)
        if net.copying is None or self.found is None:
            return
        feel, advance = net.copying.feel, net.copying.advance

        def watched(index: Tensor) -> tuple[Tensor, Tensor]:
            self._seen[_INWARD], self._seen[_ONWARD] = feel(index)
            return self._seen[_INWARD], self._seen[_ONWARD]

        def advanced(context: Tensor, *given: Any) -> tuple[Tensor, dict[str, Tensor]]:
            self._seen[_CONTEXT] = context
            return advance(context, *given)

        net.copying.feel = watched  # type: ignore[method-assign]
        net.copying.advance = advanced  # type: ignore[assignment]
        for name in net.copying.names:
            head = net.head_of(name)
            head.register_forward_hook(self._hook(self.found.heads[name]))

    def _hook(self, said: Said) -> Any:
        def heard(_head: nn.Module, given: tuple[Tensor, ...], made: tuple[Tensor, ...]) -> None:
            self._seen.setdefault(_HEARD, given[0])
            self._seen[said.own], self._seen[said.hidden] = made

        return heard

    @property
    def names(self) -> list[str]:
        """Return their names."""
        return [] if self.found is None else cuts_of(self.found)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return them as the network was run last."""
        return tuple(self._seen[name] for name in self.names)


def finish(model: onnx.ModelProto, net: NotesNet) -> None:
    """Let the cuts be no outputs of a graph any more, and give its weights the names that are said of them."""
    found = copied_of(net)
    if net.copying is None or found is None:
        return
    for output in [one for one in model.graph.output if one.name in cuts_of(found)]:
        model.graph.output.remove(output)
    held = {one.name: one for one in model.graph.initializer}
    new: dict[str, str] = {}
    for part, weight in _weights(net.copying).items():
        called = found.weights[part]
        name = _find(held.values(), weight, part)
        if name in new:
            # Weights that were alike are one tensor in the graph.
            model.graph.initializer.append(numpy_helper.from_array(weight, called))
        else:
            new[name] = called
    for tensor in held.values():
        tensor.name = new.get(tensor.name, tensor.name)
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = new.get(name, name)


def _find(held: Iterable[onnx.TensorProto], weight: NDArray[np.float32], part: str) -> str:
    """Return the name of the tensor that has these weights."""
    for tensor in held:
        if tensor.data_type == onnx.TensorProto.FLOAT and prod(tensor.dims) == weight.size:
            values = numpy_helper.to_array(tensor).reshape(weight.shape)
            if np.allclose(values, weight, _NEAR, 0.0):
                return str(tensor.name)
    raise RuntimeError(f"the traced graph has no weights {part!r} of what copies")


def _weights(copying: Copying) -> Weights:
    """Return the weights of what copies by part; see `models.contract.copied.shapes`."""
    return {name: tensor.detach().numpy() for name, tensor in _parts(copying)}


def _parts(copying: Copying) -> Iterator[tuple[str, Tensor]]:
    yield "intervals", copying.intervals.weight
    yield "gaps", copying.gaps.weight
    yield "attend", copying.attend.weight.T.contiguous()
    yield "attend_bias", copying.attend.bias
    yield "next_time", copying.next_time.weight
    places = (cast(nn.Embedding, table).weight for table in copying.next_place.tables)
    yield "next_place", torch.cat(list(places))
    yield "familiar", copying.familiar.weight
    for name, sentinel in zip(copying.names, copying.sentinels, strict=True):
        linear = cast(nn.Linear, sentinel)
        yield f"sentinel_{name}", linear.weight[0]
        yield f"sentinel_{name}_bias", linear.bias
    tables, first = copying.tables, copying.matches.first
    yield f"score_{first}", weights_of(look_up(tables[first], copying.places))
    for name in ("moved", "same"):
        if name in tables:
            yield f"score_{name}", weights_of(tables[name])
    for number, name in enumerate(copying.names[2:]):
        yield f"score_{name}", weights_of(tables[f"alike_{number}"])
