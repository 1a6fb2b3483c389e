"""Sound as fast as it goes, and block by block as a callback asks for it."""

import time
from collections.abc import Callable
from itertools import count
from typing import Final, NamedTuple

BURST: Final = 0.02
REST: Final = 0.002
"""Seconds without a pause, and of one: a process in a real-time class may not run on and on."""


class Paced(NamedTuple):
    """How blocks did. taken: seconds from the moment at which each was asked for until it was there.

    missed: how many were not there when the next one was asked for.
    """

    taken: list[float]
    missed: int


def each(work: Callable[[], None], seconds: float, first: int) -> list[float]:
    """Return the seconds that `work` took each time, over and over again; at least one.

    first: so many times are not counted.
    """
    taken: list[float] = []
    rested = start = time.perf_counter()
    ends = start + seconds
    for number in count():
        work()
        done = time.perf_counter()
        taken.append(done - start)
        if done > ends and number >= first:
            return taken[first:]
        if done > rested + BURST:
            time.sleep(REST)
            rested = time.perf_counter()
        start = time.perf_counter()
    return taken


def periods(work: Callable[[], None], period: float, seconds: float, first: int = 20) -> Paced:
    """Ask for a block every `period` seconds, as a sound card does; the wake-up counts as well."""
    taken: list[float] = []
    begin = time.perf_counter() + period
    for number in range(first + max(round(seconds / period), 1)):
        due = begin + number * period
        left = due - time.perf_counter()
        if left > 0:
            time.sleep(left)
        work()
        taken.append(time.perf_counter() - due)
    taken = taken[first:]
    return Paced(taken, sum(one > period for one in taken))
