"""Bars that are traded: voices that hear each other in solo play some bars each, one after the other."""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from live.time.clock import Bars

TRADED: Final = 2
"""Bars that each of several voices plays in its turn."""


class Trade(NamedTuple):
    """How many voices trade bars, and which of them this one is, from 0; one alone plays as it likes."""

    voices: int = 1
    place: int = 0

    @classmethod
    def of(cls, number: int, others: Iterable[int]) -> Self:
        """Return how voice `number` trades with others."""
        among = sorted({number, *others})
        return cls(len(among), among.index(number))

    def ours(self, tick: int, bars: Bars) -> int:
        """Return the tick itself where it is in bars of the voice's, else where those begin."""
        after = (bars.number(tick)[0] - 1 - self.place * TRADED) % (self.voices * TRADED)
        if after < TRADED:
            return tick
        return bars.start_of(tick) + (self.voices * TRADED - after) * bars.length


ALONE: Final = Trade()
