"""The running average of a network's weights: what is measured and kept, if a recipe says so.

It plays more evenly than the weights of any one step, which follow their last few batches.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """An average of which `share` stays at each step; with 0 it is the network as it is."""

    def __init__(self, net: nn.Module, share: float) -> None:
        self._share = share
        self._weights: dict[str, Tensor] = {}
        if share:
            self.begin(net.state_dict())

    def begin(self, weights: Mapping[str, Tensor]) -> None:
        """Go on from these weights."""
        if self._share:
            self._weights = {name: tensor.detach().clone() for name, tensor in weights.items()}

    @torch.no_grad()
    def follow(self, net: nn.Module, step: int) -> None:
        """Take in the weights of a step; less stays at first, so that it forgets where it began."""
        share = min(self._share, (step + 1) / (step + 10))
        for name, tensor in net.state_dict().items():
            if name in self._weights:
                self._weights[name].lerp_(tensor, 1.0 - share)

    @contextmanager
    def in_place(self, net: nn.Module) -> Iterator[None]:
        """Give the network the average as long as the context lasts."""
        if not self._share:
            yield
            return
        own = {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
        net.load_state_dict(self._weights)
        try:
            yield
        finally:
            net.load_state_dict(own)
