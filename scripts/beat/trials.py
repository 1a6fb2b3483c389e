"""Phrases played to the bank, and how far its guesses are off."""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pieces import Phrase, Times, played

from live.time.sources.player.bank import Bank, Hint
from live.time.sources.player.onset import Onset

Hints = Callable[[Phrase, random.Random, Times], Hint | None]


def _nothing(phrase: Phrase, rng: random.Random, times: Times) -> Hint | None:
    return None


def _tempo(phrase: Phrase, rng: random.Random, times: Times) -> Hint | None:
    return Hint(phrase.tempo * math.exp(rng.gauss(0, 0.03)), 0.95)


def _beat(phrase: Phrase, rng: random.Random, times: Times) -> Hint | None:
    beat = times(math.floor(phrase.begins)) + rng.gauss(0, 0.06) * 60 / phrase.tempo
    return Hint(phrase.tempo * math.exp(rng.gauss(0, 0.03)), 0.95, beat)


def _stale(phrase: Phrase, rng: random.Random, times: Times) -> Hint | None:
    right = _beat(phrase, rng, times)
    assert right is not None
    return right._replace(weight=0.6)


def _wrong(phrase: Phrase, rng: random.Random, times: Times) -> Hint | None:
    return Hint(math.exp(rng.uniform(math.log(60), math.log(180))), 0.6, rng.uniform(0, 1))


HINTS: dict[str, Hints] = {"nothing": _nothing, "the tempo": _tempo, "tempo and beat": _beat}
DOUBTFUL: dict[str, Hints] = {"the same, weight .6": _stale, "wrong ones, weight .6": _wrong}


class Trial(NamedTuple):
    """How a guess came out.

    beats: heard before. ratio: of its tempo to the true one. off: of the next beat, in beats.
    """

    kind: str
    beats: int
    ratio: float
    off: float
    sure: float
    evidence: NDArray[np.float64] | None = None


def trials(
    bank: Bank,
    some: Iterable[Phrase],
    hint: str,
    marks: Sequence[int],
    costs: list[float] | None = None,
) -> Iterator[Trial]:
    """Yield how a bank guesses the next beat of phrases, after so many beats each."""
    costs = [] if costs is None else costs
    for phrase in some:
        rng = random.Random(phrase.seed)
        onsets, times = played(phrase, marks[-1], rng)
        if len(onsets) < 6:
            continue
        known = {**HINTS, **DOUBTFUL}[hint](phrase, rng, times)
        yield from guesses(bank, phrase, onsets, times, known, marks, rng, costs)


def guesses(
    bank: Bank,
    phrase: Phrase,
    onsets: Sequence[Onset],
    times: Times,
    known: Hint | None,
    marks: Sequence[int],
    rng: random.Random,
    costs: list[float],
) -> Iterator[Trial]:
    """Yield guesses of the beats that follow after so many, asked at some time before each."""
    belief, heard = None, 0
    for beats in marks:
        beat = math.floor(phrase.begins) + beats
        asked = times(beat - rng.uniform(0.1, 0.6))
        while heard < len(onsets) and onsets[heard].at <= asked:
            began = perf_counter()
            onset = onsets[heard]
            belief = bank.begin(onset, known) if belief is None else bank.push(belief, onset)
            costs.append(perf_counter() - began)
            heard += 1
        spacing = times(beat + 0.5) - times(beat - 0.5)
        guess = bank.guess(belief, asked) if belief is not None else None
        if guess is None or belief is None:
            yield Trial(phrase.piece.kind, beats, math.nan, math.nan, 0.0)
            continue
        near = min((times(beat + by) for by in range(-3, 4)), key=lambda at: abs(at - guess.beat))
        ratio = guess.tempo * spacing / 60
        yield Trial(
            phrase.piece.kind, beats, ratio, (guess.beat - near) / spacing, guess.sure, guess.told
        )
