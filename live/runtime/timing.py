"""How long one event takes on this machine, trunk and heads: hot, and paced as one performs."""

import time
from collections.abc import Callable

import msgspec
import numpy as np

from models.contract.performance import FACTORS
from models.contract.stream import EventStream


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


def event_stepper(model: EventStream) -> Callable[[], None]:
    """Return a function that takes one event through trunk and heads, going on from the last."""
    rng = np.random.default_rng(0)
    events = [np.array([[12, pitch, 16, 11, 0]]) for pitch in rng.integers(48, 84, 64)]
    places = [np.array([[beat % 4, 0, 8]]) for beat in range(64)]
    drawn = [np.array([[12, 60, 16][:earlier]], np.int64) for earlier in range(len(FACTORS))]
    state = model.initial_state()
    count = 0

    def step() -> None:
        nonlocal state, count
        place = places[count % 64]
        context, state = model.advance(events[count % 64], place, state)
        for codes, factor in zip(drawn, FACTORS, strict=True):
            model.logits(factor, context, place, codes)
        count += 1

    return step


def time_hot(step: Callable[[], None], n: int = 500) -> Timing:
    """Time events one after the other, caches warm."""
    return _timed(step, n, 0.0)


def time_paced(step: Callable[[], None], n: int = 100, rate: float = 20.0) -> Timing:
    """Time events as a performance has them, `rate` a second: in between, caches go cold."""
    return _timed(step, n, 1 / rate)


def _timed(step: Callable[[], None], n: int, pause: float) -> Timing:
    seconds = []
    for _ in range(n):
        if pause:
            time.sleep(pause)
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return summary(seconds)
