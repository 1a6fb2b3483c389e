"""How long a sample takes on this machine, and whether a network of sound can play here at all."""

import math
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from live.runtime.sound.stream import Bars, Controls, SoundModel
from live.runtime.timing import thread_clock
from models.contract.samples import Keyboard

SHARE: Final = 0.8
"""Of real time that a network may take; the rest is for the resampler, and for what else runs."""
_BLOCK: Final = 0.004
"""Seconds of sound that are drawn at a time, as while it plays."""
_FEWEST: Final = 3
_CHORD: Final = (60, 64, 67)


def budget(model: SoundModel) -> float:
    """Return the seconds that one sample may take."""
    return SHARE / model.rate


def time_hot(model: SoundModel, seconds: float = 0.5) -> list[float]:
    """Return the seconds that a sample took in each of several blocks, one after the other.

    It ends after so many seconds, but not before three blocks.
    """
    return _timed(model, seconds, 0.0)


def time_paced(model: SoundModel, seconds: float = 1.5) -> list[float]:
    """Return the same of blocks that are asked for in real time: in between, caches go cold."""
    return _timed(model, seconds, 1 / model.rate)


def least(model: SoundModel) -> float:
    """Return the seconds of a processor that a sample takes at least, whatever else runs on it.

    Any thread may call it; takes a twentieth of a second or three blocks, without Python's lock.
    """
    return min(_timed(model, 0.05, 0.0, thread_clock))


def refusal(model: SoundModel, name: str, took: float) -> str:
    """Return why a network whose samples take so long cannot play here, in one sentence, or nothing."""
    allowed = budget(model)
    if took <= allowed:
        return ""
    return (
        f"{name} is too large to play on this machine: a sample takes"
        f" {_micro(took)} microseconds, and may take {_micro(allowed)} at {model.rate:,} Hz;"
        " choose a smaller one, or write its sound to a file with `extempo render`."
    )


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.3g}" if seconds < 1e-4 else f"{seconds * 1e6:,.0f}"


def _timed(
    model: SoundModel,
    seconds: float,
    pace: float,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """pace: the seconds that a sample of every block lasts at least."""
    keyboard = Keyboard(model.block, model.rate)
    for pitch in _CHORD:
        keyboard.strike(pitch, 90)
    blocks = math.ceil(_BLOCK * model.rate / model.block)
    controls = Controls(np.ascontiguousarray(np.tile(keyboard.row, (blocks, 1))), 1.0, 0.99)
    out, bars = np.zeros(blocks * model.block, np.float32), Bars()
    stream = model.open(13)
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    while len(taken) < _FEWEST or time.perf_counter() < ends:
        began = clock()
        stream.generate(controls, bars, out)
        took = clock() - began
        taken.append(took / len(out))
        if pace:
            time.sleep(max(pace * len(out) - took, 0.0))
    return taken
