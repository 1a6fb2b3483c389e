"""The key of what was heard: of the keys that tunes are written in, the one that fits it best."""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from live.declared.scales import SCALES
from models.abc.keys import MAJOR, MINOR, NATURAL, TONICS, Signature, signature
from models.abc.transpose import FEWEST, MOST

FEWEST_HEARD: Final = 4
"""Notes of which a key can be told."""
_CLEARLY: Final = 0.1
"""By how much more a key has to fit than the one that stands."""
_NAMES: Final = tuple(
    f"{tonic}{mode}"
    for mode, more in (("", 0), ("m", -3))
    for place, tonic in enumerate(TONICS)
    if FEWEST <= place - 7 + more <= MOST
)


class Key(NamedTuple):
    """A key: the pitch class of its tonic, and whether its third is a minor one."""

    tonic: int
    minor: bool


def _pitches(said: Signature) -> list[int]:
    return [(base + raised) % 12 for base, raised in zip(NATURAL, said, strict=True)]


def _profile(name: str) -> np.ndarray:
    """Return how often pitch classes are in a key, as a direction."""
    tonic = _pitches(signature(name.removesuffix("m")))["CDEFGAB".index(name[0])]
    return _direction(Key(tonic, name.endswith("m")))


def _direction(key: Key) -> np.ndarray:
    rolled = np.roll(MINOR if key.minor else MAJOR, key.tonic)
    centred = rolled - rolled.mean()
    return np.asarray(centred / np.linalg.norm(centred))


_SIGNATURES: Final = tuple(signature(name) for name in _NAMES)
_PROFILES: Final = np.stack([_profile(name) for name in _NAMES])
_SCALES: Final = np.stack([np.isin(np.arange(12), _pitches(said)) for said in _SIGNATURES])
_KEYS: Final = tuple(Key(tonic, minor) for minor in (False, True) for tonic in range(12))
_ALL: Final = np.stack([_direction(key) for key in _KEYS])
_OF_ALL: Final = np.stack(
    [
        np.isin((np.arange(12) - key.tonic) % 12, SCALES["minor" if key.minor else "major"])
        for key in _KEYS
    ]
)
"""Of all keys, whether anybody writes in them or not."""


@lru_cache(64)
def heard_key(heard: tuple[tuple[int, int], ...]) -> Key | None:
    """Return the key that fits notes best, as pitches and how long they were; None where too few tell."""
    weights = np.zeros(12)
    for pitch, length in heard:
        weights[pitch % 12] += length
    if len(heard) < FEWEST_HEARD or not np.ptp(weights):
        return None
    return _KEYS[_best(weights, _fits(weights, _ALL), _OF_ALL)]


def _fits(weights: np.ndarray, profiles: np.ndarray) -> np.ndarray:
    """Return how well each key fits, from -1 to 1."""
    centred = weights - weights.mean()
    return np.asarray(profiles @ centred / np.linalg.norm(centred))


def _best(weights: np.ndarray, fits: np.ndarray, scales: np.ndarray) -> int:
    """Return which key fits best of those that have the most of what was heard."""
    covered = scales @ weights
    return int(np.argmax(np.where(covered == covered.max(), fits, -np.inf)))


def better(heard: tuple[int, ...], now: Signature) -> str:
    """Return the key that fits heard pitch classes clearly better than a signature does; nothing if none does."""
    weights = np.bincount(heard, minlength=12).astype(np.float64)
    if len(heard) < FEWEST_HEARD or not np.ptp(weights):
        return ""
    covered, fits = _SCALES @ weights, _fits(weights, _PROFILES)
    best = _best(weights, fits, _SCALES)
    if _SIGNATURES[best] == now:
        return ""
    kept = float(weights[_pitches(now)].sum())
    ours = [fit for fit, said in zip(fits, _SIGNATURES, strict=True) if said == now]
    clearly = covered[best] > kept or fits[best] > max(ours, default=-1.0) + _CLEARLY
    return _NAMES[best] if clearly else ""
