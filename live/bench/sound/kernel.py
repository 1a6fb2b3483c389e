"""What the compiled kernel takes, one stream after another: each of these is a fresh process's work."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from live.bench.rows import BenchError
from live.bench.sound import sizes as sound_sizes
from live.bench.sound.pace import REST, Paced, each, periods
from live.bench.sound.sizes import HOP, RATE
from live.bench.startup import held
from live.runtime.sound.stream import Bars, Controls
from live.runtime.sound.wavenet import WaveNet, WaveNetStream
from models.contract.samples import LOWEST, Keyboard

BLOCK: Final = 256
"""Samples that are drawn at a time, where a row does not say otherwise."""
FED: Final = 4096
"""Samples that are fed at a time, and that a voice makes in a round of several."""
_SEED: Final = 13
_CHORD: Final = (27, 31, 34)
_FIRST: Final = 5
_STREAMS: Final = 100
"""Streams that are made to learn what one holds."""

Work = Callable[[], None]


def opened(name: str, rate: int = RATE) -> WaveNet:
    """Return a network of this size, with random weights, ready to play."""
    sizes = sound_sizes.sized(name, rate)
    return WaveNet.of(sound_sizes.weights(sizes), sound_sizes.described(sizes, name))


def drawing(stream: WaveNetStream, samples: int) -> Work:
    """Return what draws so many samples, a whole number of frames, while a chord is held."""
    controls, bars = Controls(_keys(stream, samples), 1.0, 0.99), Bars()
    out = np.zeros(samples, np.float32)
    return lambda: stream.generate(controls, bars, out)


def _keys(stream: WaveNetStream, samples: int) -> NDArray[np.float32]:
    keyboard = Keyboard(HOP, stream.model.rate)
    for key in _CHORD:
        keyboard.strike(LOWEST + key, 90)
    return np.ascontiguousarray(np.tile(keyboard.row, (samples // HOP, 1)))


def drawn(name: str, seconds: float) -> list[float]:
    """Return the seconds that a sample takes, drawn in blocks one after the other."""
    taken = each(drawing(opened(name).open(_SEED), BLOCK), seconds, _FIRST)
    return [one / BLOCK for one in taken]


def paced(name: str, rate: int, block: int, seconds: float) -> Paced:
    """Return the figures of blocks asked for in real time."""
    return periods(drawing(opened(name, rate).open(_SEED), block), block / rate, seconds)


def null(period: float, seconds: float) -> Paced:
    """Return the same for a callback that has nothing to do."""
    return periods(lambda: None, period, seconds)


def moments(name: str, seconds: float) -> dict[str, list[float]]:
    """Return the seconds that it takes to keep a moment, to go back to it, and to be fed a sample."""
    stream = opened(name).open(_SEED)
    drawing(stream, BLOCK)()
    kept = stream.snapshot()
    codes = np.random.default_rng(0).integers(0, 256, FED).astype(np.uint8)
    keys = _keys(stream, FED)
    share = seconds / 3
    fed = each(lambda: stream.feed(codes, keys), share, _FIRST)
    return {
        "snapshot": each(lambda: stream.keep(kept), share, _FIRST),
        "recall": each(lambda: stream.restore(kept), share, _FIRST),
        "feed": [one / FED for one in fed],
    }


def memory(name: str) -> dict[str, float]:
    """Return the megabytes of a stream, and of a process that plays one. Raises BenchError."""
    model = opened(name)
    drawing(model.open(_SEED), BLOCK)()
    before = _held()
    streams = [model.open(_SEED) for _ in range(_STREAMS)]
    for stream in streams:
        drawing(stream, BLOCK)()
    return {"stream_memory": (_held() - before) / _STREAMS, "process_memory": before}


def _held() -> float:
    found = held(os.getpid())
    if found is None:
        raise BenchError("this system does not tell how much memory a process holds")
    return found[0]


def ready(name: str, cache: str, cached: bool) -> float:
    """Return the seconds until a network can play. cache: the folder of what was compiled before.

    Raises BenchError where it was not compiled, or found, as it should.
    """
    os.environ["XDG_CACHE_HOME"] = cache
    sizes = sound_sizes.sized(name)
    weights, document = sound_sizes.weights(sizes), sound_sizes.described(sizes, name)
    start = time.perf_counter()
    model = WaveNet.of(weights, document)
    taken = time.perf_counter() - start
    if model.cached != cached:
        raise BenchError("on this system the folder of what was compiled cannot be chosen")
    return taken


def together(name: str, voices: int, seconds: float) -> list[float]:
    """Return the seconds that a sample takes while so many voices play, each on a thread."""
    model = opened(name)
    works = [drawing(model.open(_SEED), FED) for _ in range(voices)]
    rounds: list[float] = []
    ends = time.perf_counter() + seconds
    with ThreadPoolExecutor(voices) as pool:
        while time.perf_counter() < ends or len(rounds) < _FIRST:
            start = time.perf_counter()
            list(pool.map(_call, works))
            rounds.append((time.perf_counter() - start) / FED)
            time.sleep(REST)
    return rounds[1:]


def _call(work: Work) -> None:
    work()
