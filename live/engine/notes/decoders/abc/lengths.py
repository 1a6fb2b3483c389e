"""How long a note may be, and how its length is written."""

from functools import lru_cache
from typing import Final

from models.abc.state import WHOLE, State, Tuplet

SPELT: Final = {
    "": (1, 1), "2": (2, 1), "3": (3, 1), "4": (4, 1), "6": (6, 1), "8": (8, 1), "/": (1, 2), "/2": (1, 2),
    "3/2": (3, 2), "3/": (3, 2), "//": (1, 4), "/4": (1, 4),
}  # fmt: skip
"""Lengths as they are written, times the unit."""
_SHORTEST: Final = WHOLE // 32


def grain(unit: int) -> int:
    """Return what all positions between notes are multiples of, from the bar line, in parts."""
    return max(unit // 4, _SHORTEST)


def lengths(state: State, room: int) -> frozenset[str]:
    """Return how the length of the next note may be written, so that its bar can still be filled.

    room: parts that are left of the bar.
    """
    return _lengths(state.unit, room, state.tuplet, state.last, bool(state.broken))


@lru_cache(1 << 12)
def _lengths(
    unit: int, room: int, tuplet: Tuplet | None, last: int, broken: bool
) -> frozenset[str]:
    found = []
    for written, (times, over) in SPELT.items():
        length, rest = divmod(unit * times, over)
        if rest:
            continue
        if tuplet is not None:
            one = length * tuplet.times // tuplet.of
            whole = one * tuplet.left
            first = tuplet.left == tuplet.of
            fits = (whole <= room and (room - whole) % grain(unit) == 0) if first else one == last
        elif broken:
            fits = length == last
        else:
            fits = length <= room and (room - length) % grain(unit) == 0
        if fits:
            found.append(written)
    return frozenset(found)


@lru_cache(1 << 12)
def no_longer(words: frozenset[str], unit: int, most: int) -> frozenset[str]:
    """Return those of the lengths that are no longer than so many parts."""
    return frozenset(word for word in words if unit * SPELT[word][0] <= most * SPELT[word][1])


@lru_cache(1 << 12)
def letters(words: frozenset[str], begun: str) -> frozenset[str]:
    """Return the letters that lead from the beginning of a word on to one of these words."""
    size = len(begun)
    return frozenset(word[size] for word in words if len(word) > size and word.startswith(begun))


def tuplets(state: State, room: int) -> frozenset[str]:
    """Return the tuplets for which there is room, as the numbers that they are written with."""
    found = []
    for count, times in ((2, 3), (3, 2), (4, 3), (6, 2)):
        if _lengths(state.unit, room, Tuplet(times, count, count), state.last, False):
            found.append(str(count))
    return frozenset(found)
