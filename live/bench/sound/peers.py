"""The same audio network in other runtimes, one sample after the other: ONNX Runtime, PyTorch."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from live.bench.apart import ENGINE, alone
from live.bench.program import printed
from live.bench.rows import Row, measured, sounding
from live.bench.sound import session as sound_session
from live.bench.sound.sizes import RATE, SIZES
from live.bench.torch_rows import timings

LONGEST: Final = 1.5
"""Seconds that are enough to measure what runs without a pause."""
SESSION: Final = tuple(f"{name}.session" for name in SIZES)
TORCH: Final = tuple(f"{name}.{way}" for name in SIZES for way in ("torch_cached", "torch_naive"))

_ARTIFACTS: Final = "export.sound.untrained"
_TORCH: Final = "export.sound.stream"
_PATIENCE: Final = 60.0


@contextmanager
def artifacts(*names: str) -> Iterator[dict[str, Path]]:
    """Make artifacts of these sizes, with random weights, in a folder that goes again."""
    with TemporaryDirectory(prefix="extempo-bench-") as folder:
        printed(_ARTIFACTS, folder, *names, what="a model", patience=_PATIENCE)
        yield {name: Path(folder) / f"{name}.onnx" for name in names}


def session(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield ONNX Runtime's rows for every size."""
    names = [name for name in SIZES if f"{name}.session" in wanted]
    note = (
        "a sample: one run of a session for each, state to and fro between bound buffers, one "
        "thread, one after the other; without the draw"
    )
    with artifacts(*names) as paths:
        for name, path in paths.items():
            taken = alone(ENGINE, sound_session.timed, path, min(seconds, LONGEST))
            row = measured(f"{name}.session", "us", [1e6 * one for one in taken], note)
            yield sounding(row, RATE)


def torch(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how PyTorch does with every size. Raises BenchError without PyTorch."""
    for timed in timings(_TORCH, [], min(seconds, LONGEST), wanted):
        note = f"a sample, by PyTorch on one thread: {timed.way}; without the draw"
        row = measured(timed.name, "us", [1e6 * one for one in timed.seconds], note)
        yield sounding(row, RATE)
