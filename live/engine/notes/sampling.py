"""From logits to one class: masks, top-k, min-p, top-p, temperature, and a counter-based draw.

Pure functions of their arguments: the same logits, knobs and number give the same class.
"""

import hashlib
import math
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEWTON_STEPS: Final = 24
_LEAST: Final = 1e-6
"""Classes below this share of the likeliest one's probability are never drawn."""
PLAUSIBLE: Final = 0.02
"""Classes below this share of the likeliest one's probability are not raised by temperature."""

Logits = NDArray[np.float32]
Weights = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Sampling(NamedTuple):
    """What is drawn of what a model says; see `truncate` and `apply_temperature`."""

    top_k: int
    top_p: float
    min_p: float
    temperature: float


def uniform(seed: int, voice: int, number: int, factor: int, stream: bytes = b"extempo") -> float:
    """Return a number in [0, 1) that depends on nothing but its key.

    A keyed hash and not a running generator, so that going back needs no generator state and
    every machine draws the same. number: which of the voice's own steps. factor: which draw in it.
    stream: what is drawn of another name has nothing to do with it; 16 bytes at most.
    """
    key = struct.pack("<qqqq", seed, voice, number, factor)
    digest = hashlib.blake2b(key, digest_size=8, person=stream).digest()
    return int.from_bytes(digest, "little") / 2**64


def uniforms(seed: int, voice: int, number: int, factor: int, count: int) -> Weights:
    """Return `count` such numbers for codes side by side, float64 (count,); fewer are the first of more."""
    blocks = (
        hashlib.blake2b(
            struct.pack("<qqqqq", seed, voice, number, factor, block),
            digest_size=64,
            person=b"extempo",
        ).digest()
        for block in range(-(-count // 8))
    )
    drawn = np.frombuffer(b"".join(blocks), "<u8")[:count]
    return np.asarray((drawn >> np.uint64(11)) * 2.0**-53)


def probabilities(logits: Logits, allowed: Mask, bias: Weights | float = 0.0) -> Weights:
    """Return the distribution over classes; what is not allowed has 0.

    bias is added to the logits (a preference, not a mask). Returns all zeros where nothing is allowed.
    """
    if not allowed.any():
        return np.zeros(len(logits))
    biased = np.where(allowed, logits.astype(np.float64) + bias, -np.inf)
    weights = np.exp(biased - biased.max())
    return np.asarray(weights / weights.sum())


def apply_temperature(weights: Weights, temperature: float) -> Weights:
    """Return weights at another temperature: 0 leaves the likeliest only, 1 changes nothing.

    Above 1 the plausible becomes more even, and the implausible stays as rare beside the least
    plausible as it was. What has no weight keeps none; the sum is no longer 1.
    """
    if temperature == 1 or not weights.any():
        return weights
    if temperature == 0:
        return np.where(np.arange(len(weights)) == np.argmax(weights), 1.0, 0.0)
    shares = weights / weights.max()
    if temperature < 1:
        return np.asarray(shares ** (1 / temperature))
    rare = shares * PLAUSIBLE ** (1 / temperature - 1)
    return np.asarray(np.where(shares < PLAUSIBLE, rare, shares ** (1 / temperature)))


def truncate(weights: Weights, top_k: int, top_p: float, min_p: float) -> Weights:
    """Keep the likeliest classes only; the sum is no longer 1. top_k 0, top_p 1 and min_p 0 are off."""
    kept = np.where(weights >= max(min_p, _LEAST) * weights.max(), weights, 0.0)
    if not (0 < top_k < len(weights) or top_p < 1):
        return kept
    classes = kept.nonzero()[0]
    left = np.zeros(len(weights))
    likeliest = classes[_likeliest(kept[classes].tolist(), top_k, top_p)]
    left[likeliest] = kept[likeliest]
    return left


def _likeliest(weights: list[float], top_k: int, top_p: float) -> list[int]:
    """Return the places of the likeliest `top_k`, as many as come to the share `top_p`, in order."""
    falling = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)
    count = top_k or len(weights)
    if top_p < 1 and weights:
        rising = list(accumulate(weights[place] for place in falling))
        count = min(count, bisect_left(rising, top_p * rising[-1]) + 1)
    return sorted(falling[:count])


def sample(weights: Weights, at: float) -> int:
    """Return the class in which the share `at` (0..1) of the summed weights falls."""
    rising = weights.cumsum()
    return int(rising.searchsorted(at * rising[-1], side="right"))


def sample_logits(
    logits: Logits, allowed: Mask, bias: Weights | float, sampling: Sampling, at: float
) -> int:
    """Draw one of the classes that are allowed: one at least must be.

    The same as the four above, for two thirds: after a pause each
    step in numpy costs microseconds, and only few classes are plausible.
    """
    biased = np.where(allowed, np.add(logits, bias, dtype=np.float64), -np.inf)
    likeliest = float(biased.max())
    classes = (biased >= likeliest + math.log(max(sampling.min_p, _LEAST))).nonzero()[0]
    weights = np.exp(biased[classes] - likeliest).tolist()
    if sampling.temperature == 0:
        return int(classes[weights.index(1.0)])
    if sampling.top_k or sampling.top_p < 1:
        places = _likeliest(weights, sampling.top_k, sampling.top_p)
        classes, weights = classes[places], [weights[place] for place in places]
    rising = list(accumulate(_apply_temperature(weights, sampling.temperature)))
    return int(classes[bisect_right(rising, at * rising[-1], 0, len(rising) - 1)])


def sample_side_by_side(
    logits: Logits, allowed: Mask, bias: Weights | float, sampling: Sampling, at: Weights
) -> NDArray[np.int64]:
    """Draw a class at each of n places, int64 (n,), as `sample_logits` does at one; the places share nothing.

    logits: (n, classes). allowed, bias: as they, or of a shape that is repeated to theirs; at each place one
    class at least must be allowed. at: (n,).
    """
    biased = np.where(allowed, np.add(logits, bias, dtype=np.float64), -np.inf)
    likeliest = biased.max(-1, keepdims=True)
    weights = np.exp(biased - likeliest)
    if sampling.temperature == 0:
        return np.asarray((weights == 1.0).argmax(-1))
    weights[biased < likeliest + math.log(max(sampling.min_p, _LEAST))] = 0.0
    if sampling.top_k or sampling.top_p < 1:
        weights = _truncate(weights, sampling.top_k, sampling.top_p)
    weights = _heat(weights, sampling.temperature)
    rising = weights.cumsum(-1)
    passed = (rising <= at[:, None] * rising[:, -1:]).sum(-1)
    last = weights.shape[-1] - 1 - (weights[:, ::-1] > 0).argmax(-1)
    return np.asarray(np.minimum(passed, last))


def sample_voices(
    logits: Logits,
    allowed: Sequence[Mask],
    bias: Sequence[Weights | float],
    sampling: Sequence[Sampling],
    at: Weights,
) -> NDArray[np.int64]:
    """Draw for V voices, int64 (V, n); row i is what `sample_side_by_side` gives that voice alone.

    logits: (V, n, classes). allowed, bias, sampling: one for each voice. at: (V, n).
    """
    voices = zip(logits, allowed, bias, sampling, at, strict=True)
    return np.stack([sample_side_by_side(*voice) for voice in voices])


def _truncate(weights: Weights, top_k: int, top_p: float) -> Weights:
    """The same as `_likeliest` at each place, of which the rest have no weight."""
    falling = (-weights).argsort(-1, kind="stable")
    rising = np.take_along_axis(weights, falling, -1).cumsum(-1)
    rank = np.arange(weights.shape[-1])
    kept = (rank < (top_k or len(rank))) & np.ones(weights.shape, np.bool_)
    if top_p < 1:
        kept &= rank <= (rising < top_p * rising[:, -1:]).sum(-1, keepdims=True)
    chosen = np.zeros_like(kept)
    np.put_along_axis(chosen, falling, kept, -1)
    return np.where(chosen, weights, 0.0)


def _heat(weights: Weights, temperature: float) -> Weights:
    """The same as `_apply_temperature` at each place."""
    if temperature == 1:
        return weights
    bend = 1 / temperature
    bent = weights**bend
    if temperature < 1:
        return np.asarray(bent)
    return np.where(weights >= PLAUSIBLE, bent, weights * PLAUSIBLE ** (bend - 1))


def _apply_temperature(weights: list[float], temperature: float) -> list[float]:
    """The same as `apply_temperature`, of shares of the likeliest."""
    if temperature == 1:
        return weights
    bend = 1 / temperature
    if temperature < 1:
        return [weight**bend for weight in weights]
    rare = PLAUSIBLE ** (bend - 1)
    return [weight**bend if weight >= PLAUSIBLE else weight * rare for weight in weights]


def stretched(weights: Weights, values: Weights, factor: float) -> Weights:
    """Tilt a distribution exponentially until the mean of `values` under it is `factor` times what it was.

    This is the least change, in relative entropy, that moves the mean; what has no weight keeps none.
    The tilt is found by Newton's method (the derivative is the variance), kept inside a bracket.
    """
    tilted = weights / weights.sum()
    target = float(tilted @ values) * factor
    tilt, low, high = 0.0, -np.inf, np.inf
    for _ in range(NEWTON_STEPS):
        mean = float(tilted @ values)
        variance = float(tilted @ (values - mean) ** 2)
        if variance < 1e-9 or abs(mean - target) < 1e-3 * abs(target):
            break
        low, high = (tilt, high) if mean < target else (low, tilt)
        step = float(np.clip((target - mean) / variance, -1 / variance**0.5, 1 / variance**0.5))
        tilt = tilt + step if low < tilt + step < high else (low + high) / 2
        exponent = np.where(weights > 0, tilt * values, -np.inf)
        tilted = weights * np.exp(exponent - exponent.max())
        tilted = tilted / tilted.sum()
    return np.asarray(tilted)
