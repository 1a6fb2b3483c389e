"""Gradient descent: from a loss to other weights."""

import math
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from models.nets.network import Network
from models.train import device
from models.train.recipe import Recipe
from models.train.together import ALONE, Together

LEAST_SCALE: Final = 2.0**-10
"""Gradients that overflow float16 at this scale are no numbers at any."""


class Descent:
    """The optimiser of a network that is where it will learn. One thread uses it."""

    def __init__(self, net: Network, recipe: Recipe) -> None:
        self._net = net
        self._clip = recipe.clip
        self._optimiser = torch.optim.AdamW(
            _groups(net, recipe), recipe.rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)
        )
        # In float16 small gradients would be 0; the other types reach far enough down.
        scaled = device.arithmetic(net.device) is torch.float16
        self._scaler = torch.amp.GradScaler(net.device.type, enabled=scaled)

    def step(self, loss: Tensor, rate: float, together: Together = ALONE) -> bool:
        """Take one step; return False, the weights as they were, if the gradient is not a number.

        rate: of all parts that have none of their own; those rise and fall with it. together: whose losses add up.

        In float16 a gradient may overflow at first: then nothing is learned from this loss, the
        next is scaled by half, and it returns True.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["share"]
        self._optimiser.zero_grad(set_to_none=True)
        scaled: Tensor = self._scaler.scale(loss)
        scaled.backward()  # type: ignore[no-untyped-call]
        together.add(weights.grad for weights in self._net.parameters())
        self._scaler.unscale_(self._optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self._net.parameters(), self._clip)
        if not math.isfinite(float(norm)) and not self._overflows(loss):
            return False
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return True

    def state(self) -> dict[str, Any]:
        """Return what it needs to go on, beside the weights."""
        state: dict[str, Any] = {"optimiser": self._optimiser.state_dict()}
        if self._scaler.is_enabled():
            state["scaler"] = self._scaler.state_dict()
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`, of whatever device."""
        shares = [group["share"] for group in self._optimiser.param_groups]
        self._optimiser.load_state_dict(state["optimiser"])
        for group, share in zip(self._optimiser.param_groups, shares, strict=True):
            group["share"] = share
        if self._scaler.is_enabled() and "scaler" in state:
            self._scaler.load_state_dict(state["scaler"])

    def _overflows(self, loss: Tensor) -> bool:
        """Return whether a smaller scale may help a gradient that is not a number."""
        if not self._scaler.is_enabled() or not math.isfinite(float(loss.detach())):
            return False
        return self._scaler.get_scale() > LEAST_SCALE


def _groups(net: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """Return the weights by their rate, as shares of the recipe's; tables of scores are not drawn towards 0."""
    undecayed = net.undecayed()
    groups: dict[tuple[float, bool], list[Tensor]] = {}
    for name, weights in net.named_parameters():
        own = [rate for part, rate in recipe.rates.items() if _is_part(name, part)]
        share = own[-1] / recipe.rate if own and recipe.rate else 1.0
        groups.setdefault((share, name in undecayed), []).append(weights)
    return [
        {"params": weights, "share": share, **({"weight_decay": 0.0} if steady else {})}
        for (share, steady), weights in groups.items()
    ]


def _is_part(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")
