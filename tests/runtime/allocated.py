"""How much memory a piece of work takes, for tests of what must take none."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

OBJECTS = 3000
"""Bytes that Python's own objects take for a moment: numbers, arguments, views of arrays. No sound fits in there."""


class Allocated(NamedTuple):
    """In bytes, numpy's arrays too. peak: the most that was held at once beyond what was before. kept: still held."""

    peak: int
    kept: int

    @property
    def nothing(self) -> bool:
        """Return whether nothing was taken but what Python itself needs for a moment."""
        return self.peak < OBJECTS and self.kept < OBJECTS // 10


def allocated(work: Callable[[], object], times: int = 200) -> Allocated:
    """Return what `work` takes when it is done so many times, once it has been done as often unwatched."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(times):
            work()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(times):
            work()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    return Allocated(peak - before, after - before)
