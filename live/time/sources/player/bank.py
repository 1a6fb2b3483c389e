"""The bank of hypotheses of the player's beat: an onset in, a belief out, both values.

Whoever keeps an old belief can go on from it.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.machine.memory import address
from live.time.sources.player import layout
from live.time.sources.player.code import Code
from live.time.sources.player.marks import MOST, Past, marked
from live.time.sources.player.onset import Onset
from live.time.sources.player.tables import Tables

_CENTRE: Final = 108.0
_WIDTH: Final = 0.40
"""Where people tap most, in beats a minute, and how widely: a share, as all widths here."""
_HINT_WIDTH: Final = 0.06
_LEAST: Final = 1e-12
WIDEST: Final = 0.3
"""Beats by which guesses disagree at most: more is as good as not to know."""
FEWEST: Final = 3
"""Onsets before anything is guessed; one is enough where a beat was hinted at."""

_BPM: Final = layout.SLOWEST * layout.RATIO ** np.arange(layout.TEMPI)
_USUAL: Final = np.exp(-0.5 * (np.log(_BPM / _CENTRE) / _WIDTH) ** 2)


class Hint(NamedTuple):
    """What is known of the beat before the player begins.

    tempo: in beats a minute. weight: how sure, 0 to 1. beat: when one falls, in seconds, if that is known.
    """

    tempo: float
    weight: float
    beat: float | None = None


class Guess(NamedTuple):
    """What is believed at a time. tempo: beats a minute. beat: when the next one falls, in seconds.

    sure: how likely the beat is right to .06 of it. told: by what that is known, see `evidence`.
    """

    tempo: float
    beat: float
    sure: float
    told: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed after the last onset, which fell at `at`; a value, whose arrays nobody writes to.

    prior: the log weight of each tempo before the first. cells: the hypotheses, and what goes with them (see
    `layout`). With both goes where they lie in memory. hinted: whether a beat was known before.
    """

    at: float
    past: Past
    onsets: int
    prior: tuple[NDArray[np.float64], int]
    cells: NDArray[np.float32]
    place: int
    hinted: bool


class Bank:
    """Steps from a belief to the next. drums: whether drums are played. Threads: one."""

    def __init__(self, code: Code, tables: Tables, drums: bool) -> None:
        self._code = code
        self._tables = tables
        self._drums = drums
        self._header = tables.header()
        self._model = address(self._header)
        self._guess = np.zeros(layout.GUESS)
        self._told = address(self._guess)
        self._marks = np.zeros(MOST, np.int64)
        self._named = address(self._marks)
        self._size = layout.ROWS * tables.cells + layout.FACTS

    def begin(self, onset: Onset, hint: Hint | None = None) -> Belief:
        """Return what is believed after a first onset."""
        past, marks = marked(None, onset, self._drums)
        self._marks[: len(marks)] = marks
        prior, phase, sure = _prior(hint), 0.0, 0.0
        if hint is not None and hint.beat is not None:
            phase, sure = (onset.at - hint.beat) * hint.tempo / 60 % 1, 0.95 * hint.weight
        cells = np.empty(self._size, np.float32)
        place = address(cells)
        self._code.begin(self._model, place, address(prior), self._named, len(marks), phase, sure)
        return Belief(onset.at, past, 1, (prior, address(prior)), cells, place, sure > 0)

    def push(self, belief: Belief, onset: Onset) -> Belief:
        """Return what is believed after one more onset."""
        past, marks = marked(belief.past, onset, self._drums)
        self._marks[: len(marks)] = marks
        cells = np.empty(self._size, np.float32)
        place, passed = address(cells), max(onset.at - belief.at, 0.0)
        self._code.push(
            self._model, belief.place, place, belief.prior[1], self._named, len(marks), passed
        )
        return Belief(
            belief.at + passed, past, belief.onsets + 1, belief.prior, cells, place, belief.hinted
        )

    def guess(self, belief: Belief, at: float) -> Guess | None:
        """Return what is believed at a time; None where too little was heard."""
        if belief.onsets < FEWEST and not belief.hinted:
            return None
        self._code.ask(self._model, belief.place, at - belief.at, self._told)
        rate, phase, share, spread, known, fit = self._guess.tolist()
        told = evidence(share, spread, belief.onsets, rate, known, fit)
        beat = at + (math.floor(phase) + 1 - phase) / rate
        return Guess(60 * rate, beat, 1 / (1 + math.exp(-float(self._tables.sure @ told))), told)


def evidence(
    share: float, spread: float, onsets: int, rate: float, known: float, fit: float
) -> NDArray[np.float64]:
    """Return what confidence goes by: how many hypotheses agree, how well, after how many onsets, how fast, how far
    that is the hinted beat, and how likely the steps were.
    """
    share = min(max(share, 1e-6), 1 - 1e-6)
    odds = math.log(share / (1 - share))
    return np.array(
        (1.0, odds, min(spread, WIDEST), math.log(onsets), math.log(rate), known, fit, known * odds)
    )


def _prior(hint: Hint | None) -> NDArray[np.float64]:
    """Return the log weight of each tempo."""
    shares = _USUAL / _USUAL.sum()
    if hint is not None:
        near = np.exp(-0.5 * (np.log(_BPM / hint.tempo) / _HINT_WIDTH) ** 2)
        if near.sum() > _LEAST:
            shares = (1 - hint.weight) * shares + hint.weight * near / near.sum()
    return np.asarray(np.log(shares))
