"""Listening: how far an answer fits the phrase that it answers better than other phrases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import default_rng

from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import LONGEST_GAP, Excerpt, Reals, gaps_of
from models.measures.musicality import notes_a_beat, notes_an_onset
from models.measures.runs import longest_shared

DRAWS: Final = 400
SEED: Final = 1
View = Reals | Longs


@dataclass(frozen=True)
class Fit:
    """One way in which an answer can fit a phrase. view: what is looked at; alike: the more, the better it fits.

    nan where a view or its likeness does not apply.
    """

    name: str
    help: str
    view: Callable[[Excerpt], View]
    alike: Callable[[View, View], float]

    def of(self, phrase: Excerpt, answer: Excerpt) -> float:
        """Return how well an answer fits a phrase; only to be held against others of the same way."""
        return self.alike(self.view(phrase), self.view(answer))


class Area(NamedTuple):
    """How often an answer fits its own phrase better than another's: .5 is chance, and the 90 % interval."""

    area: float
    low: float
    high: float


def heard(fit: Fit, phrases: Sequence[Excerpt], answers: Sequence[Sequence[Excerpt]]) -> Area:
    """Return the area under the curve of own phrases against others'. answers: to each phrase, one or many.

    nan where fewer than two phrases are answered. The interval is a bootstrap's, over phrases.
    """
    views = [fit.view(phrase) for phrase in phrases]
    won = []
    for own, given in enumerate(answers):
        shares = [_won(fit, own, views, fit.view(answer)) for answer in given]
        shares = [share for share in shares if not np.isnan(share)]
        won += [float(np.mean(shares))] if shares else []
    if len(won) < 2:
        return Area(np.nan, np.nan, np.nan)
    drawn = default_rng(SEED).choice(won, (DRAWS, len(won))).mean(1)
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Area(float(np.mean(won)), float(low), float(high))


def _won(fit: Fit, own: int, views: Sequence[View], answer: View) -> float:
    """Return the share of other phrases that an answer fits less than its own; a tie counts half."""
    fits = np.array([fit.alike(view, answer) for view in views])
    others = np.delete(fits, own)
    others = others[~np.isnan(others)]
    if np.isnan(fits[own]) or not len(others):
        return np.nan
    return float(((others < fits[own]) + 0.5 * (others == fits[own])).mean())


def shared_run(phrase: Excerpt, answer: Excerpt) -> float:
    """Return how many intervals the longest run has that both top lines share, in any key; nan where one is no line."""
    if not len(phrase.intervals) or not len(answer.intervals):
        return np.nan
    return float(longest_shared(phrase.intervals, answer.intervals))


def entry(answer: Excerpt, pulse: float | None = None, phase: float = 0.0) -> float:
    """Return how far from the nearest of the player's beats an answer enters, in beats: 0 to .5, .25 by chance.

    pulse, phase: ticks from one of the player's beats to the next, and where one is; by default the answer's own.
    """
    if not len(answer.notes):
        return np.nan
    beats = (float(answer.notes[0, 0]) - phase) / (pulse or answer.pulse)
    return abs(beats - round(beats))


def _pitch_classes(excerpt: Excerpt) -> View:
    return np.bincount(excerpt.notes[:, 1] % 12, excerpt.notes[:, 3], 12)


def _rhythm(excerpt: Excerpt) -> View:
    """Return how often each time from onset to onset comes, and each place in a beat."""
    onsets = np.unique(excerpt.snapped)
    gaps = np.bincount(gaps_of(onsets), minlength=LONGEST_GAP + 1)
    places = np.bincount(onsets % TICKS, minlength=TICKS)
    return np.concatenate((_unit(gaps), _unit(places)))


def _number(of: Callable[[Excerpt], float]) -> Callable[[Excerpt], View]:
    return lambda excerpt: np.array([of(excerpt)])


def _register(excerpt: Excerpt) -> float:
    return float(excerpt.notes[:, 1].mean()) if len(excerpt.notes) else np.nan


def _unit(values: View) -> Reals:
    return np.asarray(values / (np.linalg.norm(values) or 1.0))


def _cosine(one: View, other: View) -> float:
    if not one.any() or not other.any():
        return np.nan
    return round(float(_unit(one) @ _unit(other)), 9)


def _near(one: View, other: View) -> float:
    return -abs(float(one[0] - other[0]))


def _in_proportion(one: View, other: View) -> float:
    return -abs(float(np.log(one[0] / other[0])))


def _motif(one: View, other: View) -> float:
    return float(longest_shared(one.astype(np.int64), other.astype(np.int64)))


FITS: Final = (
    Fit("key", "How long each pitch class sounds.", _pitch_classes, _cosine),
    Fit("rhythm", "Times from onset to onset, and places in the beat.", _rhythm, _cosine),
    Fit("density", "Notes a beat.", _number(notes_a_beat), _in_proportion),
    Fit("texture", "Notes that begin together.", _number(notes_an_onset), _in_proportion),
    Fit("register", "The mean pitch.", _number(_register), _near),
    Fit(
        "motif",
        "The longest run of intervals that both top lines share.",
        lambda excerpt: excerpt.intervals,
        _motif,
    ),
)
