"""A sheet: parts with staves, staves with lines, and in each line one note, chord or rest after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from live.record.notation.bars import Bar


@dataclass(frozen=True, slots=True)
class Value:
    """A note, a chord, or a rest where there are no pitches, of one note value.

    tick: where on the sheet. length: as it sounds, in ticks; written: as it looks, more in a triplet. tied: the
    next one goes on with it. triplet: the tick at which its triplet begins, -1 outside of one.
    """

    tick: int
    length: int
    written: int
    pitches: tuple[int, ...] = ()
    velocity: int = 0
    tied: bool = False
    triplet: int = -1


def together(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Yield the values of each triplet, and each other value by itself."""
    for _, group in groupby(values, key=lambda one: one.triplet if one.triplet >= 0 else ~one.tick):
        yield list(group)


@dataclass(frozen=True, slots=True)
class Line:
    """One voice of a staff: the values of each bar, in order. first: whether its rests are shown."""

    bars: tuple[tuple[Value, ...], ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff with a clef, treble or bass."""

    clef: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one voice or the player plays on a MIDI channel, on one staff or two."""

    name: str
    channel: int
    staves: tuple[Staff, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is written down. tempi: quarters a minute, and from which tick on."""

    title: str
    bars: tuple[Bar, ...]
    tempi: tuple[tuple[int, float], ...]
    parts: tuple[Part, ...]
