"""What was learned of where in a beat people begin notes; beat.npz has the numbers, NOTICE says from what."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from live.machine.memory import address
from live.time.sources.player.layout import MODEL, TEMPI

FILE: Final = Path(__file__).with_name("beat.npz")
Kind = Literal["pitches", "drums"]
Floats = NDArray[np.float64]
_TABLES: Final = ("step", "start", "length", "late", "spread", "often", "mark")


@dataclass(frozen=True)
class Tables:
    """One kind's tables, as `layout.MODEL` says them, and `sure`: what confidence is made of. drift: see there.

    Threads: one, for the compiled code has its scratch in there.
    """

    grid: int
    drift: float
    arrays: dict[str, NDArray[np.generic]]
    sure: Floats

    @property
    def cells(self) -> int:
        """Return how many hypotheses there are."""
        return TEMPI * len(self.arrays["often"])

    def header(self) -> NDArray[np.void]:
        """Return what the compiled code is given of them."""
        arrays = self.arrays
        found = np.zeros(1, MODEL)
        places, _, steps = arrays["step"].shape
        sizes = {"places": places, "tempi": TEMPI, "grid": self.grid, "steps": steps}
        for name, size in {**sizes, "marks": len(arrays["mark"])}.items():
            found[name] = size
        found["drift"] = self.drift
        for name in (*_TABLES, "scratch"):
            found[name] = address(arrays[name])
        return found


def made(grid: int, drift: float, learned: dict[str, NDArray[np.generic]], sure: Floats) -> Tables:
    """Return tables of what was learned, in the types that the compiled code takes."""
    arrays: dict[str, NDArray[np.generic]] = {
        name: np.ascontiguousarray(
            learned[name], np.int64 if name in ("start", "length") else np.float64
        )
        for name in _TABLES
    }
    arrays["scratch"] = np.zeros((3, TEMPI * len(arrays["often"])))
    return Tables(grid, drift, arrays, np.asarray(sure, np.float64))


@cache
def tables(kind: Kind) -> Tables:
    """Return the tables of instruments with pitches, or of drums."""
    with np.load(FILE) as file:
        learned = {name: file[f"{kind}_{name}"] for name in _TABLES}
        grid, drift = int(file[f"{kind}_grid"]), float(file[f"{kind}_drift"])
        return made(grid, drift, learned, file[f"{kind}_sure"])
