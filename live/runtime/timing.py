"""How long one event takes on this machine, trunk and heads: hot, and paced as one performs."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np

from models.contract.representation import limits
from models.contract.stepping import StepModel, feed

SLOWEST: Final = 0.01
"""Seconds of a processor that an event may take: while it is drawn, nothing else can be committed."""
_FEWEST: Final = 3
_ENOUGH: Final = 0.002
"""Seconds after which no further event is timed."""

# What else the machine does is not the network's; on Windows that clock ticks too coarsely.
thread_clock: Final = time.perf_counter if os.name == "nt" else time.thread_time


class Timing(msgspec.Struct, frozen=True):
    """Microseconds for one event."""

    p50: float
    p99: float
    max: float
    n: int


def summary(seconds: list[float]) -> Timing:
    """Return the timing of these runs."""
    taken = np.array(seconds) * 1e6
    p50, p99 = np.percentile(taken, (50, 99))
    return Timing(float(p50), float(p99), float(taken.max()), len(taken))


def stepper(model: StepModel) -> Callable[[], None]:
    """Return a function that takes one step through trunk and heads, going on from the last."""
    written = model.representation
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, limits(written.inputs)) for _ in range(64)]
    places = [rng.integers(0, limits(written.conditions)) for _ in range(64)]
    row = rng.integers(0, limits(written.factors))[None]
    drawn = [row[:, : written.told(number)] for number in range(len(written.factors))]
    state = model.initial_state()
    count = 0

    def step() -> None:
        nonlocal state, count
        place = places[count % 64]
        context, state = feed(model, codes[count % 64], place, state)
        for factor, earlier in enumerate(drawn):
            model.logits(factor, context, place[None], earlier, (state,))
        count += 1

    return step


def least(model: StepModel) -> float:
    """Return the seconds of a processor that an event takes at least, of three or a few more. Threads: any."""
    step = stepper(model)
    taken: list[float] = []
    while len(taken) < _FEWEST or sum(taken) < _ENOUGH:
        began = thread_clock()
        step()
        taken.append(thread_clock() - began)
    return min(taken)


def refusal(name: str, took: float) -> str:
    """Return why a network whose events take so long cannot play here, in one sentence, or nothing."""
    if took <= SLOWEST:
        return ""
    return (
        f"{name} is too large to play on this machine: an event takes {took * 1e3:,.0f} milliseconds, and may"
        f" take {SLOWEST * 1e3:.0f}; choose a smaller one, or write its notes to a file with `extempo render`."
    )


def time_hot(step: Callable[[], None], n: int = 500) -> Timing:
    """Time events one after the other, caches warm."""
    return _timed(step, n, 0.0)


def time_paced(step: Callable[[], None], n: int = 100, rate: float = 20.0) -> Timing:
    """Time events as a performance has them, `rate` a second: in between, caches go cold."""
    return _timed(step, n, 1 / rate)


def time_in_turns(
    steps: Sequence[Callable[[], None]], n: int = 100, rate: float = 20.0
) -> list[Timing]:
    """Time several as `time_paced` does, an event of each in turn: what else the machine does slows all alike."""
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(n):
        for step, taken in zip(steps, seconds, strict=True):
            time.sleep(1 / rate / len(steps))
            start = time.perf_counter()
            step()
            taken.append(time.perf_counter() - start)
    return [summary(taken) for taken in seconds]


def _timed(step: Callable[[], None], n: int, pause: float) -> Timing:
    seconds = []
    for _ in range(n):
        if pause:
            time.sleep(pause)
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return summary(seconds)
