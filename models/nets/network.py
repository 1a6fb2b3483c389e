"""What all networks have in common."""

import torch
from torch import nn


class Network(nn.Module):
    """A network that makes its tensors where its weights are: on the processor, or on a GPU."""

    @property
    def device(self) -> torch.device:
        """Return where its weights are."""
        return next(self.parameters()).device

    def parameter_count(self) -> int:
        """Return the number of trained numbers."""
        return sum(p.numel() for p in self.parameters())

    def undecayed(self) -> set[str]:
        """Return the names of weights that mean what they are, so that training does not draw them towards 0."""
        return set()
