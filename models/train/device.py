"""Where a network learns: on the processor or on a GPU, in which arithmetic, and by which dice."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch

from models.contract.errors import ExtempoError

AUTO: Final = "auto"
"""A GPU where PyTorch sees one, or else the processor."""
CPU: Final = "cpu"
CUDA: Final = "cuda"
CHOICES: Final = (AUTO, CPU, CUDA)


def chosen(name: str) -> torch.device:
    """Return one of `CHOICES`, of several GPUs this process's own; ExtempoError for a GPU that is not there."""
    if name == CPU or (name == AUTO and not torch.cuda.is_available()):
        return torch.device(CPU)
    if not torch.cuda.is_available():
        raise ExtempoError(
            "PyTorch sees no NVIDIA GPU here, so nothing can be trained on one: leave --device out to train "
            "on the processor"
            + (
                ", or set up the build for GPUs, make dev EXTRA=gpu."
                if torch.version.cuda is None
                else ", or see whether nvidia-smi names one."
            )
        )
    rank, count = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if rank >= max(count, 1):
        raise ExtempoError(
            f"torchrun has started more processes than there are GPUs here ({count}): start one for each, or add "
            f"--device {CPU}."
        )
    if rank:
        torch.cuda.set_device(rank)
    return torch.device(CUDA, torch.cuda.current_device())


def said(device: torch.device) -> str:
    """Return what the player reads of a device."""
    return torch.cuda.get_device_name(device) if device.type == CUDA else "the processor"


def arithmetic(device: torch.device) -> torch.dtype:
    """Return the type that layers are computed in where it is to be fast."""
    emulated = device.type == CUDA and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.float16 if emulated else torch.bfloat16


def fast(device: torch.device, *, enabled: bool = True) -> torch.autocast:
    """Compute in that type as long as the context lasts."""
    return torch.autocast(device.type, arithmetic(device), enabled=enabled)


def backend(device: torch.device) -> str:
    """Return by what processes add up what they have on such a device, as torch.distributed calls it."""
    return "nccl" if device.type == CUDA else "gloo"


@contextmanager
def room(device: torch.device) -> Iterator[None]:
    """Turn into a sentence that the GPU has too little memory."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ExtempoError(
            f"{said(device)} has too little memory free for this: make the batch of the recipe smaller, or "
            f"add --device {CPU}."
        ) from error


def random_state(device: torch.device) -> dict[str, Any]:
    """Return how the dice lie that dropout throws, for `restore_random`."""
    state: dict[str, Any] = {"random": torch.get_rng_state()}
    if device.type == CUDA:
        state["random_cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random(device: torch.device, state: Mapping[str, Any]) -> None:
    """Go on from `random_state`; dice that it does not have, of another device, stay as they lie."""
    torch.set_rng_state(state["random"])
    if device.type == CUDA and "random_cuda" in state:
        torch.cuda.set_rng_state(state["random_cuda"], device)
