"""The same events by PyTorch, in a process of its own: the stage never imports it."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from live.bench.rows import BenchError, Row, measured

_PROGRAM: Final = "export.torch_events"
_PATIENCE: Final = 60.0
"""Seconds that it may take beyond what is measured."""


class Timed(msgspec.Struct, frozen=True):
    """How one way of running a network in PyTorch did, in seconds an event."""

    name: str
    way: str
    seconds: list[float]


def torch(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield torch_default_paced and torch_best_paced. Raises BenchError without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        raise BenchError("PyTorch is not installed: `make dev` sets up an environment that has it")
    command = [sys.executable, "-m", _PROGRAM, str(model.resolve()), str(seconds), *sorted(wanted)]
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=_PATIENCE + 4 * seconds, cwd=_ROOT
        )
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise BenchError(f"PyTorch could not be measured: {' '.join(last)}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError("PyTorch took too long") from error
    for timed in msgspec.json.decode(done.stdout, type=list[Timed]):
        taken = [1e6 * one for one in timed.seconds]
        yield measured(
            timed.name, "us", taken, f"event_paced with the network run by PyTorch: {timed.way}"
        )


_ROOT: Final = Path(__file__).parents[2]
