"""How far two sets of music overlap in a figure, and how sure that is."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator, default_rng

from models.measures.excerpt import Reals

SAME: Final = 0.02
"""Values nearer than this share of the middle nine tenths of all are taken for the same."""
DRAWS: Final = 200
"""How often sets are drawn again to see how sure an overlap is."""
SPLITS: Final = 20
"""How often people's music is parted to be held against itself."""
SEED: Final = 1
_HALVES: Final = np.arange(-8, 9)
"""Places beside a value at which densities are compared, in half widths."""


class Overlap(NamedTuple):
    """The area under both densities, 0 to 1, and its 90 % interval; nan where a set has no two values."""

    area: float
    low: float
    high: float


NONE: Final = Overlap(np.nan, np.nan, np.nan)


def overlap(one: Iterable[float], other: Iterable[float]) -> Overlap:
    """Return how far two sets of values of a figure overlap; values that are nan are left out.

    Densities are sums of Gaussian kernels, of the smaller of both sets' widths after Scott. The interval is a
    bootstrap's, without its bias.
    """
    sets = (known(one), known(other))
    if min(map(len, sets)) < 2:
        return NONE
    grid, kernels = _kernels(*sets)
    rng = default_rng(SEED)
    area = float(_area(grid, *map(_mean, kernels))[0])
    drawn = _area(grid, *(_drawn(one, rng) for one in kernels))
    low, high = np.quantile(drawn, (0.05, 0.95)) - drawn.mean() + area
    return Overlap(area, float(np.clip(low, 0, area)), float(np.clip(high, area, 1)))


def parted(people: Iterable[float], count: int | None = None) -> float:
    """Return the mean overlap of people's values with people's: random `count` of them against the others.

    count: half of them, if nothing is said; as many as a set has that is held against people, at most half, is
    fairer to it. nan where a part would have no two values.
    """
    values = known(people)
    count = min(count or len(values), len(values) // 2)
    if count < 2:
        return np.nan
    rng = default_rng(SEED)
    areas = []
    for _ in range(SPLITS):
        mixed = rng.permutation(values)
        grid, kernels = _kernels(mixed[:count], mixed[count:])
        areas.append(_area(grid, *map(_mean, kernels))[0])
    return float(np.mean(areas))


def known(values: Iterable[float]) -> Reals:
    """Return the values that are numbers."""
    found = np.asarray(list(values), np.float64)
    return np.asarray(found[np.isfinite(found)])


def scott(values: Reals) -> float:
    """Return the width of a Gaussian kernel, after Scott; two values at least."""
    return float(values.std(ddof=1) * len(values) ** -0.2)


def kernel(grid: Reals, values: Reals, width: float) -> Reals:
    """Return the density that each value stands for at each place of a grid (places, values)."""
    away = (grid[:, None] - values) / width
    return np.asarray(np.exp(-0.5 * away**2) / (width * np.sqrt(2 * np.pi)))


def _kernels(*sets: Reals) -> tuple[Reals, list[Reals]]:
    """Return places that are dense where values are, and the kernels of each set there."""
    every = np.concatenate(sets)
    low, high = np.quantile(every, (0.05, 0.95))
    least = SAME * float(high - low or np.ptp(every) or 1.0)
    width = max(min(map(scott, sets)), least)
    half, origin = width / 2, every.min()
    near = np.unique(np.rint((every - origin) / half).astype(np.int64))
    grid = origin + half * np.unique(near[:, None] + _HALVES)
    return grid, [kernel(grid, values, width) for values in sets]


def _mean(kernels: Reals) -> Reals:
    return np.asarray(kernels.mean(1, keepdims=True))


def _drawn(kernels: Reals, rng: Generator) -> Reals:
    """Return densities of sets that are drawn again, with replacement (places, draws)."""
    count = kernels.shape[1]
    return np.asarray(kernels @ rng.multinomial(count, np.full(count, 1 / count), DRAWS).T / count)


def _area(grid: Reals, one: Reals, other: Reals) -> Reals:
    """Return the areas under both of densities (places, densities)."""
    both = np.minimum(one, other)
    areas = ((both[1:] + both[:-1]) / 2 * np.diff(grid)[:, None]).sum(0)
    return np.asarray(np.minimum(areas, 1.0))
