"""Which pitches of a tick are struck: drawn from the lowest up, each given those below it."""

from typing import Final, NamedTuple

import numpy as np

from live.engine.notes.draw import Draw
from live.engine.notes.sampling import (
    Logits,
    Mask,
    Sampling,
    Weights,
    sample_side_by_side,
    uniforms,
)
from models.contract.representation import Codes

FACTOR: Final = 0
"""The factor that says what is struck, and how hard; 0 is what is not."""
_FREE: Final = Sampling(0, 1.0, 0.0, 1.0)
"""What is rarely struck is most of all music: nothing that is rare is left out."""
_COOLEST: Final = 0.1
_SUREST: Final = 0.99


class Strikes(NamedTuple):
    """What is drawn from.

    allowed: which pitches may be struck, bool (128,). most: how many of them at most. leaning: added to the log odds
    of each, (128,). touch: added to the log weights of each touch, (touches,). some: whether one is struck at least.
    """

    allowed: Mask
    most: int
    leaning: Weights
    touch: Weights | float
    some: bool = False


def struck(draw: Draw, conditions: Codes, strikes: Strikes) -> Codes:
    """Return how hard each pitch is struck, int64 (128,), 0 where it is not.

    The network says it again after each that is: those above are given it.
    """
    count = len(strikes.allowed)
    codes = np.zeros(count, np.int64)
    jointly = draw.model.representation.factors[FACTOR].joint
    if strikes.most < 1 or not strikes.allowed.any():
        return codes
    forced = draw.forced.get(draw.name(FACTOR))
    if forced == 0:
        return codes
    logits = draw.logits(FACTOR, conditions, codes.tolist() if jointly else [])
    masks, biases = _masks(strikes, forced, logits), _biases(strikes, logits, draw)
    at = uniforms(draw.knobs.seed, draw.voice, draw.last.number, FACTOR, count)
    first = 0
    if strikes.some:
        first = _one(logits[:, 1:] + biases[:, 1:], strikes.allowed, at)
        # Those below were not.
        masks[first, 0] = False
    above = np.arange(count)
    for _ in range(strikes.most):
        drawn = sample_side_by_side(logits, masks, biases, _FREE, at)
        found = np.flatnonzero(drawn * (above >= first))
        if not len(found):
            break
        pitch = int(found[0])
        codes[pitch] = drawn[pitch]
        first = pitch + 1
        if len(found) == 1 and not jointly:
            break
        if jointly:
            logits = draw.logits(FACTOR, conditions, codes.tolist())
    return codes


def _masks(strikes: Strikes, forced: int | None, logits: Logits) -> Mask:
    masks = np.repeat(strikes.allowed[:, None], logits.shape[1], 1)
    if forced is not None:
        masks[:, 1:] &= np.arange(1, logits.shape[1]) == forced
    masks[:, 0] = True
    return masks


def _biases(strikes: Strikes, logits: Logits, draw: Draw) -> Weights:
    """Return what is added to the logits, (128, classes).

    Temperature makes the likelier pitches likelier still, or less so; as many are struck as the network says.
    """
    touch = np.broadcast_to(strikes.touch, (logits.shape[1] - 1,))
    said = logits[:, 1:].astype(np.float64)
    level = said.max(1, keepdims=True)
    whole = np.log(np.exp(said - level).sum(1))
    # To lean to a touch makes no pitch likelier.
    leaning = whole - np.log(np.exp(said + touch - level).sum(1)) + strikes.leaning
    temperature = max(draw.sampling(FACTOR).temperature, _COOLEST)
    if temperature != 1.0:
        odds = level[:, 0] + whole - logits[:, 0] + strikes.leaning
        leaning = leaning + _tempered(odds, strikes.allowed, temperature) - odds
    biases = np.zeros(logits.shape)
    biases[:, 1:] = touch + leaning[:, None]
    return biases


def _tempered(odds: Weights, allowed: Mask, temperature: float) -> Weights:
    """Return log odds at another temperature, of which as many of the allowed come true."""
    likely = 1 / (1 + np.exp(-odds))
    shares = np.where(allowed, likely, 0.0) ** (1 / temperature)
    scaled = shares * (likely[allowed].sum() / max(float(shares.sum()), 1e-300))
    scaled = np.clip(np.where(allowed, scaled, likely), 1e-12, _SUREST)
    return np.asarray(np.log(scaled) - np.log1p(-scaled))


def _one(said: Weights, allowed: Mask, at: Weights) -> int:
    """Return one of the allowed pitches, as likely as it is to be struck."""
    likely = np.where(allowed, np.exp(said - said.max()).sum(1), 0.0)
    rising = likely.cumsum()
    where = float(at[int(np.flatnonzero(allowed)[0])]) * rising[-1]
    return int(min(rising.searchsorted(where, "right"), np.flatnonzero(allowed)[-1]))
