"""A form that was asked for, such as AABA: sections of so many bars, of which those with the same letter come back."""

from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from live.declared.actions import LONGEST_PLAN, MOST_BARS
from live.ipc.ranges import Tick
from live.time.clock import Bars

ROUNDS: Final = 2
"""From how many rounds before a section may come back, at most."""


class Sections(Struct, frozen=True, array_like=True):
    """Sections that are played over and over, from the first bar line at or after a tick on.

    letters: one for each. bars: how many each has.
    """

    letters: Annotated[str, Meta(pattern="^[A-Z]+$", max_length=LONGEST_PLAN)]
    bars: Annotated[int, Meta(ge=1, le=MOST_BARS)]
    tick: Tick

    def shifted(self, ticks: int) -> "Sections":
        """Return the same so many ticks later."""
        return Sections(self.letters, self.bars, self.tick + ticks)


class Section(NamedTuple):
    """One of them, from 0. begins, ends: in ticks."""

    number: int
    begins: int
    ends: int


def section_at(sections: Sections, bars: Bars, tick: int) -> Section | None:
    """Return the section around a tick; None before the first."""
    start, length = bars.next_bar(sections.tick), sections.bars * bars.length
    if tick < start:
        return None
    number = (tick - start) // length
    begins = start + number * length
    return Section(number, begins, begins + length)


def earlier(sections: Sections, bars: Bars, section: Section) -> tuple[int, ...]:
    """Return how many ticks before a section those of its letter were, the first of them first."""
    letters, count = sections.letters, len(sections.letters)
    letter, length = letters[section.number % count], sections.bars * bars.length
    numbers = range(max(section.number - ROUNDS * count, 0), section.number)
    return tuple(
        (section.number - one) * length for one in numbers if letters[one % count] == letter
    )
