"""Work done in a process of its own, as the daemon's processes are: fresh, and in its class."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Final, ParamSpec, TypeVar

from live.bench.rows import BenchError
from live.machine import realtime

P = ParamSpec("P")
R = TypeVar("R")

ENGINE: Final = 60
"""The engine's real-time priority."""


def alone(priority: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what `work` returns in a fresh process; priority 0 is the ordinary class.

    `work` and its arguments are pickled. Raises what it raises; BenchError where it was killed.
    """
    with beside(priority, work, *args, **kwargs) as future:
        return taken(future)


@contextmanager
def beside(
    priority: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> Iterator["Future[R]"]:
    """Do `work` in a fresh process meanwhile; waits for its end."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool.submit(_entered, priority, work, args, kwargs)


def taken(future: "Future[R]") -> R:
    """Return what work beside brought; BenchError where its process was killed."""
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise BenchError("its process was killed, perhaps for lack of memory") from error


def _entered(
    priority: int, work: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> R:
    if priority:
        realtime.enter(priority)
    return work(*args, **kwargs)
