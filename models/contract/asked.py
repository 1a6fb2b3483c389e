"""What a network may be asked for beside where it is: how many bars are left, and how dense the music is.

Such a condition is 0 where nothing is asked. It holds for the time after the step before, so that it is known before it
is decided when a step comes. Plain numbers, without numpy.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final

from models.contract.grid import TICKS
from models.contract.representation import Column, Vocabulary

BARS_LEFT: Final = "bars left"
"""Bars until the phrase is over, the one of the step before and the last one counted."""
DENSITY: Final = "density"
"""Onsets in four beats, a chord being one: those of the bar of the step before and of the next one."""
NEAR: Final = TICKS // 8
"""What is played so many ticks early still counts to the time after it."""

ASKED: Final[Mapping[str, tuple[int, ...]]] = {
    BARS_LEFT: (1, 2, 3, 4, 5, 7, 9),
    DENSITY: (0, 2, 4, 6, 8, 11, 16, 22),
}
"""By name, the least value of each class from 1 on; a vocabulary has it under that name."""


def asked_columns(vocabulary: Vocabulary) -> tuple[Column, ...]:
    """Return the conditions that a vocabulary names, in the order of `ASKED`."""
    return tuple(
        Column(name, 1 + len(least), asked=True, values=(0, *least))
        for name, least in ASKED.items()
        if name in vocabulary
    )


def asked_vocabulary(names: Iterable[str]) -> Vocabulary:
    """Return what the classes of these conditions mean; KeyError for one that is none."""
    return {name: list(ASKED[name]) for name in names}


def asked_code(name: str, value: float) -> int:
    """Return the class of a value that is asked for."""
    return max(bisect_right(ASKED[name], value), 1)
