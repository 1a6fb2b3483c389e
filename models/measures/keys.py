"""Keys of stretches of music, after Krumhansl's profiles."""

from typing import Final

import numpy as np

from models.corpus.pieces import Longs
from models.measures.excerpt import Reals

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10, 11))


def fits(weights: Reals | Longs) -> Reals:
    """Return how well stretches (n, 12) fit each key (n, 24): correlations, 0 where a stretch has no shape.

    Keys are the major ones from C up, then the minor ones. weights: of pitch classes.
    """
    rows = weights - weights.mean(1, keepdims=True)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1) @ _PROFILES.T)


def _profiles() -> Reals:
    rows = np.array([np.roll(p, tonic) for p in (_MAJOR, _MINOR) for tonic in range(12)])
    rows -= rows.mean(1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_PROFILES: Final = _profiles()


def best_keys(weights: Reals) -> Longs:
    """Return the best key of each stretch; -1 where it has fewer than two pitch classes."""
    found = fits(weights).argmax(1)
    return np.where(np.count_nonzero(weights, axis=1) > 1, found, -1)


def scale(key: int) -> frozenset[int]:
    """Return the pitch classes of a key; a minor one has both its sevenths."""
    return frozenset((key + step) % 12 for step in _SCALES[key // 12])


def tonic(key: int) -> int:
    """Return the pitch class of a key's tonic."""
    return key % 12
