"""Windows of sound: what a network of audio is trained on and measured with.

Batch number n of a seed is always the same, so that training goes on after a stop exactly where it
was. Most windows begin anywhere, and their first samples are only heard; an opening begins with
silence and is scored from its first sample, so that a network knows how to begin and how to rest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.samples import CLASSES, FEATURES, SILENCE, Codes
from models.corpus.sound.notes import keys_of
from models.corpus.sound.sources import Sounds

OPENINGS = 0.2
"""The share of batches that are openings."""
RESTS = 0.25
"""The share of an opening's windows in which nothing ever sounds."""
LEAD = 0.25
"""Seconds of silence before an opening's sound, at most."""


@dataclass(frozen=True)
class Shape:
    """What a window is: `context` samples that are only heard, then `scored` ones.

    Both are multiples of `hop`. keys: whether the network hears them. jitter: the largest share of
    a window's samples that are heard one code off. noise: codes (standard deviation) by which a
    window's samples are heard off, at most.
    """

    context: int
    scored: int
    hop: int
    keys: bool
    jitter: float = 0.0
    noise: float = 0.0


@dataclass(frozen=True)
class Batch:
    """codes: int64 (B, T), what is heard. following: int64 (B, T - since), what comes after it.

    keys: float32 (B, T / hop, FEATURES). known: bool like `following`, False after a sound's end.
    """

    codes: NDArray[np.int64]
    following: NDArray[np.int64]
    keys: NDArray[np.float32]
    known: NDArray[np.bool_]
    since: int


@dataclass(frozen=True)
class Weighed:
    """Corpora to draw from, each with its weight."""

    corpora: list[Sounds]
    weights: NDArray[np.float64]

    def draw(self, rng: Generator) -> tuple[Sounds, int]:
        """Draw a corpus by its weight, then a sound by its length."""
        corpus = self.corpora[int(rng.choice(len(self.corpora), p=self.weights))]
        at = rng.integers(int(corpus.starts[-1]))
        return corpus, int(np.searchsorted(corpus.starts, at, side="right")) - 1


def training_batch(weighed: Weighed, size: int, shape: Shape, seed: int, number: int) -> Batch:
    """Return batch `number` of the endless stream of a seed."""
    rng = np.random.default_rng((seed, number))
    opening = rng.random() < OPENINGS
    length = shape.scored + (0 if opening else shape.context)
    windows = []
    for _ in range(size):
        corpus, sound = weighed.draw(rng)
        room = corpus.length(sound) - length - 1
        start = _aligned(int(rng.integers(max(room, 0) + 1)), shape.hop)
        if opening and rng.random() < RESTS:
            windows.append(_rest(length, shape.hop))
            continue
        if opening:
            lead = min(int(LEAD * corpus.rate), length // 2)
            start = -_aligned(int(rng.integers(lead)), shape.hop)
        windows.append(window(corpus, sound, start, length, shape))
    batch = _stack(windows, 0 if opening else shape.context)
    return _noisy(_jittered(batch, shape.jitter, rng), shape.noise, rng)


def measuring_batches(corpora: list[Sounds], size: int, shape: Shape, most: int) -> list[Batch]:
    """Return at most so many windows, spread evenly over all sounds, always the same."""
    length = shape.context + shape.scored
    sounds = [(corpus, sound) for corpus in corpora for sound in range(corpus.count)]
    counts = [-(-max(corpus.length(n) - length - 1, 1) // length) for corpus, n in sounds]
    ends = np.cumsum(counts)
    count = int(ends[-1])
    chosen = []
    for index in range(min(count, most)):
        place = index * count // most if count > most else index
        at = int(np.searchsorted(ends, place, side="right"))
        chosen.append((*sounds[at], (place - int(ends[at]) + counts[at]) * length))
    return [
        _stack(
            [window(*spot, length, shape) for spot in chosen[first : first + size]], shape.context
        )
        for first in range(0, len(chosen), size)
    ]


Window = tuple[Codes, NDArray[np.float32], NDArray[np.bool_]]


def window(corpus: Sounds, sound: int, start: int, length: int, shape: Shape) -> Window:
    """Return codes (length + 1) from `start` on, keys of its frames, and which codes are known.

    Before a sound's beginning there is silence; so there is after its end, but not to be learned.
    """
    codes, notes = corpus.of(sound)
    found = np.full(length + 1, SILENCE, np.uint8)
    known = np.zeros(length + 1, bool)
    known[: max(len(codes) - start, 0)] = True
    lead = max(-start, 0)
    piece = codes[max(start, 0) : start + length + 1]
    found[lead : lead + len(piece)] = piece
    frames = length // shape.hop
    if shape.keys:
        keys = keys_of(notes, start, frames, shape.hop, corpus.rate)
    else:
        keys = np.zeros((frames, FEATURES), np.float32)
    return found, keys, known


def _rest(length: int, hop: int) -> Window:
    codes = np.full(length + 1, SILENCE, np.uint8)
    return codes, np.zeros((length // hop, FEATURES), np.float32), np.ones(length + 1, bool)


def _stack(windows: list[Window], since: int) -> Batch:
    codes = np.stack([codes for codes, _, _ in windows]).astype(np.int64)
    known = np.stack([known for _, _, known in windows])
    keys = np.stack([keys for _, keys, _ in windows])
    return Batch(codes[:, :-1], codes[:, since + 1 :], keys, known[:, since + 1 :], since)


def _jittered(batch: Batch, share: float, rng: Generator) -> Batch:
    """Return the batch with some samples heard one code off: a network that plays hears itself err."""
    if share <= 0.0:
        return batch
    shares = np.maximum(rng.uniform(-share, share, (len(batch.codes), 1)), 0.0)
    moved = rng.random(batch.codes.shape, np.float32)
    off = (moved < shares / 2).astype(np.int64) - (moved > 1 - shares / 2)
    return _heard(batch, batch.codes + off)


def _noisy(batch: Batch, most: float, rng: Generator) -> Batch:
    """Return the batch with half of its windows heard in noise, as loud as the sound is at most.

    What is heard tells little then, and a network that is played has to go by its keys.
    """
    if most <= 0.0:
        return batch
    codes = np.maximum(rng.uniform(-most, most, (len(batch.codes), 1)), 0.0)
    off = np.rint(codes * rng.standard_normal(batch.codes.shape, np.float32)).astype(np.int64)
    return _heard(batch, batch.codes + off)


def _heard(batch: Batch, codes: NDArray[np.int64]) -> Batch:
    codes = np.clip(codes, 0, CLASSES - 1)
    return Batch(codes, batch.following, batch.keys, batch.known, batch.since)


def _aligned(samples: int, hop: int) -> int:
    return samples // hop * hop
