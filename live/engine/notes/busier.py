"""Gaps between onsets, for music that is to be busier, or less."""

from typing import Final

import numpy as np

from live.engine.notes.sampling import Weights, stretched
from models.contract.grid import TICKS
from models.contract.spans import TIMES

GAPS: Final = np.array(TIMES)
_SPANS: Final = np.minimum(GAPS, 2 * TICKS).astype(np.float64)
_REST: Final = 4 * TICKS


def busier(weights: Weights, density: float) -> Weights:
    """Return the gaps' distribution for onsets `density` times as often; chords stay as likely.

    A gap counts as two beats at most, and a rest is not made likelier: one of eight bars, however
    rare, would outweigh all else in the mean. And the mean goes half the way, for the music follows:
    after long gaps come long ones.
    """
    apart = weights.copy()
    apart[0] = 0.0
    if not apart.any():
        return weights
    chord = 1 - float(apart.sum() / weights.sum())
    spans = _SPANS if density > 1 else np.where(GAPS > _REST, 0.0, _SPANS)
    result = stretched(apart, spans, density**-0.5) * (1 - chord)
    result[0] = chord
    return np.asarray(result)
