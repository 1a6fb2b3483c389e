"""Metres: how many notes of which length make a bar, as they are said and in ticks."""

import re
from typing import Final, NamedTuple

from models.contract.errors import GivenError
from models.contract.grid import METRES, TICKS

UNITS: Final = (1, 2, 4, 8, 16)
"""The notes that a bar can be counted in: whole notes, halves, quarters, eighths, sixteenths."""
LONGEST: Final = METRES - 1
"""Eighths of the longest bar that networks are told."""
COMMON: Final = ("2/4", "3/4", "4/4", "5/4", "6/4", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8")
"""The metres that a fader chooses from."""
_MOST: Final = 999
"""What is told as a number of beats; more than that is no metre at all."""
_WRITTEN: Final = re.compile(r"\s*([0-9]{1,3})\s*(?:/\s*([0-9]{1,3})\s*)?")


class MetreError(GivenError):
    """Not a metre, or one that cannot be played."""


class Metre(NamedTuple):
    """A bar has so many beats, each a note of this length: (6, 8) is 6/8."""

    beats: int
    unit: int

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"

    @property
    def beat(self) -> int:
        """Return a beat's length in ticks: in 6/8 it is an eighth."""
        return 4 * TICKS // self.unit

    @property
    def length(self) -> int:
        """Return a bar's length in ticks."""
        return self.beats * self.beat

    @property
    def eighths(self) -> int:
        """Return a bar's length in eighths, as networks are told it."""
        return 2 * self.length // TICKS

    @property
    def pulse(self) -> int:
        """Return the ticks from one tap of a foot to the next: in 6/8, 9/8 and 12/8 three eighths."""
        compound = self.unit >= 8 and self.beats > 3 and self.beats % 3 == 0
        return 3 * self.beat if compound else self.beat


COMMON_TIME: Final = Metre(4, 4)


def metre(value: object) -> Metre:
    """Return the metre that is said: `6/8`, or a number of quarters. Raises MetreError, one sentence."""
    said = _said(value)
    if said.unit not in UNITS:
        raise MetreError(
            f"metre counts in {', '.join(map(str, UNITS[:-1]))} or {UNITS[-1]} (4 is a quarter note), "
            f"and {said} does not."
        )
    eighths, rest = divmod(8 * said.beats, said.unit)
    if rest or not 1 <= eighths <= LONGEST:
        raise MetreError(
            f"metre is a bar of 1 to {LONGEST} whole eighths, and {said} has "
            f"{8 * said.beats / said.unit:g}."
        )
    return said


def spelt(value: object) -> str | int:
    """Return a metre as it was said, without spaces and zeros. Raises MetreError where it is none."""
    found = metre(value)
    return str(found) if isinstance(value, str) and "/" in value else found.beats


def fader(value: object) -> int:
    """Return where in COMMON a metre is, or else the one there that is nearest to it in length."""
    wanted = metre(value)
    return min(
        range(len(COMMON)),
        key=lambda index: (
            COMMON[index] != str(wanted),
            abs(metre(COMMON[index]).length - wanted.length),
        ),
    )


def _said(value: object) -> Metre:
    if isinstance(value, str) and (written := _WRITTEN.fullmatch(value)):
        beats, unit = written.groups()
        return Metre(int(beats), int(unit or 4))
    if isinstance(value, int | float) and abs(value) <= _MOST and value == int(value):
        return Metre(int(value), 4)
    raise MetreError(f"metre is written as 3/4, 6/8 or 7/8, or as 3 for 3/4, not {value!r}.")
