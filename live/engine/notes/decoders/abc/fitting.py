"""The key of what was heard: of the keys that tunes are written in, the one that fits it best."""

from typing import Final

import numpy as np

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


def _pitches(said: Signature) -> list[int]:
    return [(base + raised) % 12 for base, raised in zip(NATURAL, said, strict=True)]


def _profile(name: str) -> np.ndarray:
    """Return how often pitch classes are in a key, as a direction."""
    major = not name.endswith("m")
    tonic = _pitches(signature(name.removesuffix("m")))["CDEFGAB".index(name[0])]
    rolled = np.roll(MAJOR if major else MINOR, tonic)
    centred = rolled - rolled.mean()
    return np.asarray(centred / np.linalg.norm(centred))


_SIGNATURES: Final = tuple(signature(name) for name in _NAMES)
_PROFILES: Final = np.stack([_profile(name) for name in _NAMES])
_SCALES: Final = np.stack([np.isin(np.arange(12), _pitches(said)) for said in _SIGNATURES])


def better(heard: tuple[int, ...], now: Signature) -> str:
    """Return the key that fits heard pitch classes clearly better than a signature does; nothing if none does."""
    weights = np.bincount(heard, minlength=12).astype(np.float64)
    if len(heard) < FEWEST_HEARD or not np.ptp(weights):
        return ""
    covered, fits = _SCALES @ weights, _PROFILES @ (weights - weights.mean())
    fits /= np.linalg.norm(weights - weights.mean())
    best = int(np.argmax(np.where(covered == covered.max(), fits, -np.inf)))
    if _SIGNATURES[best] == now:
        return ""
    kept = float(weights[_pitches(now)].sum())
    ours = [fit for fit, said in zip(fits, _SIGNATURES, strict=True) if said == now]
    clearly = covered[best] > kept or fits[best] > max(ours, default=-1.0) + _CLEARLY
    return _NAMES[best] if clearly else ""
