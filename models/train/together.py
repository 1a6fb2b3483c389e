"""Several processes that train one network, as torchrun starts them: each learns from its rows of every batch.

Their gradients are added, so that all take the step that one process would take. Decisions (when it ends, what was
measured) are the first one's, and it alone writes and tells.
"""

import os
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from models.contract.errors import ExtempoError

T = TypeVar("T")


class Together:
    """The processes of a training, or one alone. One thread uses it.

    rank, count: as torchrun says them.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank = rank
        self.count = count

    @property
    def first(self) -> bool:
        """Return whether this is the process that writes and tells."""
        return self.rank == 0

    def part(self, batch: T, mask: str) -> T:
        """Return this process's rows of a batch, a dataclass of arrays; mask: its field that says what is scored."""
        if self.count == 1:
            return batch
        arrays: dict[str, Any] = {
            one.name: getattr(batch, one.name)
            for one in fields(batch)  # type: ignore[arg-type]
            if isinstance(getattr(batch, one.name), np.ndarray)
        }
        rows = len(arrays[mask])
        own = {name: array[self.rank :: self.count] for name, array in arrays.items()}
        if self.rank >= rows:
            # Of a batch of fewer rows there is nothing to learn here, and still a step to take.
            own = {name: array[:1] for name, array in arrays.items()}
            own[mask] = np.zeros_like(own[mask])
        return replace(batch, **own)  # type: ignore[type-var]

    def add(self, tensors: Iterable[Tensor | None]) -> None:
        """Add up tensors over all processes, in place."""
        given = [one for one in tensors if one is not None]
        if self.count == 1 or not given:
            return
        flat = torch.cat([one.detach().flatten() for one in given])
        dist.all_reduce(flat)
        begin = 0
        for one in given:
            one.detach().copy_(flat[begin : begin + one.numel()].view_as(one))
            begin += one.numel()

    def told(self, value: T) -> T:
        """Return what the first process has; all call it."""
        if self.count == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values, src=0)
        return values[0]

    def close(self) -> None:
        """Part with the other processes; all call it, or else the group's threads may abort one as it ends."""
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()


ALONE: Final = Together()


def leads() -> bool:
    """Return whether this is the process that tells, of those that torchrun has started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def together(backend: str) -> Together:
    """Return the processes that torchrun has started, of which this is one; or this one alone.

    backend: see `device.backend`.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Together()
    if not dist.is_initialized():
        try:
            dist.init_process_group(backend)
        except (RuntimeError, ValueError) as error:
            raise ExtempoError(
                f"the processes of this training do not find each other ({error}): start them with torchrun."
            ) from error
    return Together(dist.get_rank(), dist.get_world_size())
