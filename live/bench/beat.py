"""What an onset of the player costs the clock that follows them."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from live.bench import pace
from live.bench.apart import ENGINE, alone
from live.bench.rows import BenchError, Row, measured
from live.time.sources.player import code
from live.time.sources.player.bank import Bank, Hint
from live.time.sources.player.onset import Onset
from live.time.sources.player.tables import tables

_NOTE: Final = (
    "an onset taken and the next beat guessed, paced, 32 MB of other memory read between two"
)
_GAP: Final = 0.3
"""Seconds of music between two onsets: eighths at 100 beats a minute."""


def onset(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield onset_paced, measured in the engine's class; it is the same whatever the model."""
    taken = alone(ENGINE, _paced, seconds)
    yield measured("onset_paced", "us", [1e6 * one for one in taken], _NOTE)


def _paced(seconds: float) -> list[float]:
    compiled = code.load()
    if compiled is None:
        raise BenchError("the code that finds the player's beat cannot be compiled here")
    bank = Bank(compiled, tables("pitches"), False)
    belief = bank.begin(Onset.of(0.0, 60, 80), Hint(100.0, 0.6))
    others = np.zeros(pace.OTHERS // 8)
    taken: list[float] = []
    for number in range(max(round(seconds * pace.RATE), 1)):
        heard = Onset.of(_GAP * (number + 1), 60 + number % 7, 80)
        others.sum()
        time.sleep(1 / pace.RATE)
        start = time.perf_counter()
        belief = bank.push(belief, heard)
        bank.guess(belief, belief.at)
        taken.append(time.perf_counter() - start)
    return taken
