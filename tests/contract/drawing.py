"""How a sample is drawn from logits, in plain numpy, and how near the draw was to another result."""

from typing import NamedTuple

import numpy as np

_WORD = (1 << 64) - 1


class Drawn(NamedTuple):
    """The class, and the least change of a probability that would have given another one."""

    code: int
    margin: float


def uniform(key: int, position: int) -> float:
    """SplitMix64's number for a key and a position, in [0, 1)."""
    mixed = (key + (position + 1) * 0x9E3779B97F4A7C15) & _WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> shift)) * factor & _WORD
    mixed ^= mixed >> 31
    return (mixed >> 41) / (1 << 23)


def drawn(logits: np.ndarray, temperature: float, top_p: float, key: int, position: int) -> Drawn:
    """The likeliest classes that come to `top_p`, then the temperature, then the fall."""
    shifted = logits.astype(np.float64) - logits.max()
    if temperature == 0:
        first, second = np.sort(shifted)[:-3:-1]
        return Drawn(int(shifted.argmax()), float(first - second))
    kept, edge = _nucleus(shifted, top_p)
    weights = np.where(kept, np.exp(shifted / temperature), 0.0)
    rising = np.cumsum(weights) / weights.sum()
    at = uniform(key, position)
    code = int(np.searchsorted(rising, at, side="right"))
    borders = rising[np.flatnonzero(kept)[:-1]]
    return Drawn(code, float(min(edge, *np.abs(borders - at), 1.0)))


def _nucleus(shifted: np.ndarray, top_p: float) -> tuple[np.ndarray, float]:
    """Which classes belong to it, and how near another was to coming in or one to going out."""
    if top_p >= 1:
        return np.ones(len(shifted), bool), 1.0
    shares = np.exp(shifted) / np.exp(shifted).sum()
    order = np.argsort(-shares)
    rising = np.cumsum(shares[order])
    count = int(np.searchsorted(rising, top_p)) + 1
    kept = np.zeros(len(shares), bool)
    kept[order[:count]] = True
    falling = shifted[order[count - 1 : count + 1]]
    swap = falling[0] - falling[1] if len(falling) > 1 else 1.0
    return kept, float(min(np.abs(rising - top_p).min(), swap))
