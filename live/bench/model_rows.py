"""What the model takes by itself: an event, hot and paced, and a rendering."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from live.bench import pace
from live.bench.apart import ENGINE, alone
from live.bench.rows import Row, measured
from live.engine.offline import render
from live.ipc.config import EngineOptions
from live.runtime.opening import opened

_BEATS: Final = 64.0
_LONG: Final = 3.0
"""Seconds of rendering that are enough to measure."""
_PACED: Final = "20 a second, 32 MB of other memory read between two"


def events(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield event_hot, event_paced and event_paced_warm, measured in the engine's class."""
    kinds = {
        "event_hot": "a voice plans and commits an event: trunk, heads, draws; one after the other",
        "event_paced": f"the same, {_PACED}",
        "event_paced_warm": f"the same, {_PACED}, with the engine's keep-warm steps every 4 ms",
    }
    for name, note in kinds.items():
        if name in wanted:
            taken = alone(ENGINE, _timed, model, name, seconds)
            yield measured(name, "us", [1e6 * one for one in taken], note)


def _timed(model: Path, name: str, seconds: float) -> list[float]:
    stream = opened(model, "events").take()
    if name == "event_hot":
        return pace.hot(stream, seconds)
    return pace.paced(stream, seconds, keep_warm=name == "event_paced_warm")


def rendering(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield render_speed, measured in the ordinary class."""
    note = f"{_BEATS:g} beats of solo written offline; seconds of music a second"
    yield measured("render_speed", "x", alone(0, _rendered, model, seconds), note)


def _rendered(model: Path, seconds: float) -> list[float]:
    loaded = opened(model, "events")
    ends = time.perf_counter() + min(seconds, _LONG)
    speeds: list[float] = []
    while not speeds or time.perf_counter() < ends:
        options = EngineOptions(
            artifact=model,
            knobs={"seed": len(speeds) + 1},
            transport={"tempo": 120.0},
            beats=_BEATS,
        )
        start = time.perf_counter()
        render(options, lambda _path: loaded)
        speeds.append(_BEATS / 2 / (time.perf_counter() - start))
    return speeds
