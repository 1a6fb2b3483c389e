"""The same by PyTorch, in a process of its own: the stage never imports it."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from live.bench.program import printed
from live.bench.rows import BenchError, Row, measured

_PROGRAM: Final = "export.stream"
_PATIENCE: Final = 60.0
"""Seconds that it may take beyond what is measured."""


class Timed(msgspec.Struct, frozen=True):
    """The times of one way to run a network in PyTorch, in seconds a step or a sample."""

    name: str
    way: str
    seconds: list[float]


def torch(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield torch_default_paced and torch_best_paced. Raises BenchError without PyTorch."""
    for timed in timings(_PROGRAM, [str(model.resolve())], seconds, wanted):
        taken = [1e6 * one for one in timed.seconds]
        yield measured(
            timed.name, "us", taken, f"event_paced with the network run by PyTorch: {timed.way}"
        )


def timings(
    program: str, arguments: list[str], seconds: float, wanted: frozenset[str]
) -> list[Timed]:
    """Return the wanted rows of a program. Raises BenchError without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        raise BenchError("PyTorch is not installed: `make dev` sets up an environment that has it")
    given = [*arguments, str(seconds), *sorted(wanted)]
    patience = _PATIENCE + 2 * seconds * max(len(wanted), 2)
    told = printed(program, *given, what="PyTorch's figures", patience=patience)
    return msgspec.json.decode(told, type=list[Timed])
