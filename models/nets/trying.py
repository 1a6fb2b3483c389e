"""A few steps through a network of notes: is it one stream, whole and step by step?"""

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from models.contract.representation import Column, limits
from models.contract.stream import TensorSpec
from models.nets.notes import NotesNet

STEPS: Final = 6
ROWS: Final = 2
NEAR: Final = 1e-3
"""How far what is computed twice may be apart."""


def tried(net: NotesNet) -> None:
    """Raise ValueError, a few words on what is wrong, unless `forward`, `step` and the state keep the contract.

    Shapes, numbers, that both compute the same, that nothing is changed in place, and that no step sees what follows.
    The net is left in the mode that it came in, torch's dice as they lay.
    """
    mode = net.training
    net.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            written = net.representation
            codes, conditions = _codes(written.inputs), _codes(written.conditions)
            contexts = _whole(net, codes, conditions)
            _blind(net, codes, conditions, contexts)
            _apart(_stepped(net, codes[:1], conditions[:1]), contexts[:1])
            if not net.nats(codes, conditions).isfinite().all():
                raise ValueError("its heads give what are no numbers")
    finally:
        net.train(mode)


def _codes(columns: tuple[Column, ...]) -> Tensor:
    most = torch.from_numpy(limits(columns))
    return (torch.rand(ROWS, STEPS, len(most)) * most).long()


def _whole(net: NotesNet, codes: Tensor, conditions: Tensor) -> Tensor:
    contexts: Tensor = net(codes, conditions)
    _shaped("forward gives", contexts, (ROWS, STEPS, net.width))
    return contexts


def _blind(net: NotesNet, codes: Tensor, conditions: Tensor, contexts: Tensor) -> None:
    other = codes.clone()
    other[:, -1] = (other[:, -1] + 1) % torch.from_numpy(limits(net.representation.inputs))
    if (net(other, conditions) - contexts)[:, :-1].abs().max() > NEAR:
        raise ValueError("forward sees its future: what comes last changes what is said before it")


def _apart(stepped: Tensor, contexts: Tensor) -> None:
    if (furthest := float((stepped - contexts).abs().max())) > NEAR:
        raise ValueError(f"forward and step compute what differs by {furthest:.2g}")


def _stepped(net: NotesNet, codes: Tensor, conditions: Tensor) -> Tensor:
    specs = net.state_specs()
    if not isinstance(specs, tuple) or not all(isinstance(spec, TensorSpec) for spec in specs):
        raise ValueError("state_specs returns no tuple of TensorSpec")
    state: Mapping[str, Tensor] = net.initial_state()
    _held("initial_state", state, [spec.fed for spec in specs])
    contexts = []
    for at in range(STEPS):
        before = {name: tensor.clone() for name, tensor in state.items()}
        context, made = net.advance(codes[:, at], conditions[:, at], state)
        _shaped("step gives", context, (1, net.context_width))
        if any(not torch.equal(before[name], state[name]) for name in before):
            raise ValueError("step changes the state that it is given: return new tensors")
        _held("step", made, specs)
        state = {
            spec.name: torch.cat((state[spec.name][:, 1:], made[spec.name]), 1)
            if spec.log
            else made[spec.name]
            for spec in specs
        }
        contexts.append(context[:, : net.width])
    return torch.stack(contexts, 1)


def _held(what: str, state: object, specs: Sequence[TensorSpec]) -> None:
    if not isinstance(state, Mapping) or set(state) != {spec.name for spec in specs}:
        named = ", ".join(spec.name for spec in specs) or "nothing"
        raise ValueError(f"{what} gives another state than {named}, which state_specs names")
    for spec in specs:
        _shaped(f"{what} gives {spec.name}", state[spec.name], spec.shape, spec.dtype)


def _shaped(what: str, tensor: object, shape: tuple[int, ...], dtype: str = "float32") -> None:
    """Raise ValueError unless this is a tensor of numbers of this shape and type."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{what} no tensor but {type(tensor).__name__}")
    kind = str(tensor.dtype).removeprefix("torch.")
    if tuple(tensor.shape) != shape or kind != dtype:
        raise ValueError(
            f"{what} {kind} {list(tensor.shape)}, and it is to be {dtype} {list(shape)}"
        )
    if not tensor.isfinite().all():
        raise ValueError(f"{what} what are no numbers")
