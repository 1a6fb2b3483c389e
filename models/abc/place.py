"""What is given with each letter of a tune: where it stands, in which key, and what stood there some bars ago."""

from collections.abc import Mapping

import numpy as np

from models.abc.echo import echoes
from models.abc.state import BEAT, State
from models.contract.grid import METRES, TICKS
from models.contract.representation import Codes
from models.contract.representations.abc import BARS, PLACES, SHARPS, STREAKS, TONICS


class Places:
    """The conditions of letters, for an alphabet. codes: of its letters."""

    def __init__(self, codes: Mapping[str, int]) -> None:
        self._codes = codes
        self._none = len(codes)

    def of(self, state: State) -> Codes:
        """Return what is given with the letter that comes next, int64 (conditions,)."""
        tick = (state.at - state.bar) * TICKS // BEAT
        beats, over = state.metre
        eighths, rest = divmod(8 * beats, over)
        metre = eighths if not rest and eighths < METRES else 0
        sharps = min(max(sum(state.signature) + SHARPS // 2, 0), SHARPS - 1)
        tonic = min(max(state.tonic, 0), TONICS - 1)
        where = (
            min(max(tick, 0), PLACES - 1),
            min(max(state.bars, 0), BARS - 1),
            metre,
            tonic,
            sharps,
        )
        before = (self._codes.get(letter, self._none) for letter in echoes(state))
        agreed = (min(max(one, 0), STREAKS - 1) for one in state.agreed)
        return np.array((*where, *before, *agreed), np.int64)
