"""Two ways of finding a beat that the bank is held against: they go by onsets alone, and take no hints."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from live.time.sources.player.bank import Guess, Hint
from live.time.sources.player.onset import Onset

_TEMPI: Final = np.exp(np.arange(math.log(57.0), math.log(190.0), 0.012))
_USUAL: Final = -0.5 * (np.log(_TEMPI / 108.0) / 0.40) ** 2
_WINDOW: Final = 8.0
_DECAY: Final = 5.0


@dataclass(frozen=True)
class Heard:
    """All onsets so far, in seconds."""

    times: tuple[float, ...]

    @property
    def onsets(self) -> int:
        """Return how many there are."""
        return len(self.times)


class _Other:
    def begin(self, onset: Onset, hint: Hint | None = None) -> Heard:
        """Return what is heard after a first onset."""
        return Heard((onset.at,))

    def push(self, heard: Heard, onset: Onset) -> Heard:
        """Return what is heard after one more."""
        return Heard((*heard.times, onset.at))


class Histogram(_Other):
    """The likeliest tempo by a smoothed histogram of the gaps between onsets, and the phase on its half beats."""

    def guess(self, heard: Heard, at: float) -> Guess | None:
        """Return what is believed at a time."""
        times = np.array([one for one in heard.times if one > heard.times[-1] - _WINDOW])
        gaps = (times[None] - times[:, None])[np.triu_indices(len(times), 1)]
        gaps = gaps[(gaps > 0.07) & (gaps < 4.2)]
        if len(times) < 3 or not len(gaps):
            return None
        spacings = 60 / _TEMPI
        score = np.zeros(len(spacings))
        for beats, weight in ((0.5, 0.5), (1, 1.0), (2, 0.7), (4, 0.5)):
            score += weight * np.exp(-0.5 * ((gaps - beats * spacings[:, None]) / 0.025) ** 2).sum(
                1
            )
        odds = np.log(score + 1e-6) + _USUAL
        best = int(np.argmax(odds))
        spacing = float(spacings[best])
        phases = np.arange(48) / 48
        off = times / spacing - phases[:, None]
        on = np.exp(-0.5 * ((off - np.rint(off)) * spacing / 0.03) ** 2)
        half = np.exp(-0.5 * ((2 * off - np.rint(2 * off)) / 2 * spacing / 0.03) ** 2)
        fit = (on + 0.4 * half).sum(1)
        share = np.exp(3 * (odds - odds[best]))
        sure = (
            share[np.abs(np.log(_TEMPI / _TEMPI[best])) < 0.03].sum()
            / share.sum()
            * fit.max()
            / len(times)
        )
        return _next(spacing, float(phases[np.argmax(fit)]) * spacing, at, float(sure))


class Pulse(_Other):
    """The predominant local pulse: of decaying sums of sinusoids at the onsets, the tempo and phase that win."""

    def guess(self, heard: Heard, at: float) -> Guess | None:
        """Return what is believed at a time."""
        if len(heard.times) < 3:
            return None
        age = np.array(heard.times) - heard.times[-1]
        weight = np.exp(age / _DECAY)
        waves = np.exp(-2j * np.pi * _TEMPI[:, None] / 60 * age) @ weight
        double = np.exp(-4j * np.pi * _TEMPI[:, None] / 60 * age) @ weight
        size = np.abs(waves) / weight.sum()
        agree = np.real(double * np.exp(-2j * np.angle(waves))) / weight.sum()
        odds: NDArray[np.float64] = 3 * np.log(np.maximum(size + 0.5 * agree, 1e-3)) + _USUAL
        best = int(np.argmax(odds))
        spacing = 60 / float(_TEMPI[best])
        share = np.exp(8 * (odds - odds[best]))
        sure = share[np.abs(np.log(_TEMPI / _TEMPI[best])) < 0.03].sum() / share.sum() * size[best]
        phase = float(np.angle(waves[best])) / (2 * math.pi) * spacing
        return _next(spacing, heard.times[-1] - phase, at, float(sure))


def _next(spacing: float, beat: float, at: float, sure: float) -> Guess:
    then = beat + (math.floor((at - beat) / spacing) + 1) * spacing
    return Guess(60 / spacing, then, sure, np.zeros(0))


OTHERS: Final[Mapping[str, _Other]] = {"histogram of gaps": Histogram(), "local pulse": Pulse()}
