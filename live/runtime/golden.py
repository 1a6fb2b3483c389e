"""Replay the golden pair of an artifact: does it compute here what it did where it was made?"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.document import Document
from models.contract.samples import FEATURES, SILENCE, Codes, Keyboard
from models.contract.sizes import Sizes
from models.contract.stepping import StepModel

LEAST: Final = 1e-4
"""Classes that are less likely than this are hardly ever drawn: how much less is not compared."""


class Replayed(msgspec.Struct, frozen=True):
    """The largest difference of a log-probability, and the tolerance that the artifact states."""

    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Return whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def replay(model: StepModel, document: Document) -> Replayed:
    """Feed the golden events and compare what every head says next with what PyTorch said."""
    golden = document.golden
    assert golden is not None
    state = model.initial_state()
    for event, place in zip(golden.events, golden.places, strict=True):
        context, state = model.advance(np.array([event]), np.array([place]), state)
    onset = np.array([golden.onset])
    worst = 0.0
    for number, factor in enumerate(model.representation.factors):
        drawn = np.array([golden.drawn[: model.representation.drawn(number)]], np.int64)
        here = model.logits(number, context, onset, drawn)[0]
        there = np.array(golden.logits[factor.name]).reshape(here.shape)
        worst = max(worst, distance(here, there))
    return Replayed(worst, golden.tolerance.get(document.precision, 0.0))


class SoundStream(Protocol):
    """A network of sound that has heard nothing yet, whatever runs it."""

    def said(self, codes: Codes, keys: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take in samples, uint8 (frames * hop,), with their keys, (frames, FEATURES).

        Returns the logits after each sample, (frames * hop, 256).
        """


def replay_sound(stream: SoundStream, document: Document) -> Replayed:
    """Feed the golden samples and keys and compare what comes next with what PyTorch said."""
    golden = document.sound_golden
    assert golden is not None
    sizes = Sizes.of(document.config, document.name)
    keys = frames(golden.struck, len(golden.samples), sizes.hop, sizes.rate)
    codes = np.full(len(keys) * sizes.hop, SILENCE, np.uint8)
    codes[: len(golden.samples)] = golden.samples
    said = stream.said(codes, keys)[: len(golden.samples)][-len(golden.logits) :]
    worst = distance(said, np.array(golden.logits), least=0.0)
    return Replayed(worst, golden.tolerance.get(document.precision, 0.0))


def frames(
    struck: Sequence[tuple[int, int, int]], samples: int, hop: int, rate: int
) -> NDArray[np.float32]:
    """Return what a network sees of the keys while so many samples pass, (frames, FEATURES).

    struck: (sample, pitch, velocity) in order; see `models.contract.document.SoundGolden`.
    """
    keyboard = Keyboard(hop, rate)
    waiting = list(reversed(struck))
    rows = np.zeros((-(-samples // hop), FEATURES), np.float32)
    for frame, row in enumerate(rows):
        if frame:
            keyboard.tick()
        while waiting and waiting[-1][0] <= frame * hop:
            _, pitch, velocity = waiting.pop()
            if velocity:
                keyboard.strike(pitch, velocity)
            else:
                keyboard.lift(pitch)
        row[:] = keyboard.row
    return rows


def distance(one: NDArray[np.generic], other: NDArray[np.generic], least: float = LEAST) -> float:
    """Return the largest difference of log-probabilities between two arrays of logits.

    Of the classes that one of them gives `least` or more; infinity where one is not a number.
    """
    here, there = log_softmax(one), log_softmax(other)
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        return float("inf")
    heard = np.exp(np.maximum(here, there)) >= least
    return float(np.abs(here - there)[heard].max())


def log_softmax(logits: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return log-probabilities over the last axis."""
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(-1, keepdims=True)
    normalised: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalised
