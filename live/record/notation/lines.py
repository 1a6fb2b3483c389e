"""The lines of a staff: notes that sound together become chords, and what overlaps goes into lines of its own."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from live.record.notation.bars import EIGHTH, Bar
from live.record.notation.quantised import Snapped
from live.record.notation.sheet import Line, Value
from models.contract.grid import TICKS

_VALUES: Final = frozenset((96, 48, 24, 12, 6, 3, 144, 72, 36, 18, 9))
"""Ticks that one note lasts: plain or dotted."""
_NEAR: Final = 6
"""Ticks by which a hand lets go early or late of what is written as long as to the next note."""
_MOST: Final = 4
"""Lines of a staff, for notes that were on no grid: one more ends the note that would end first."""


@dataclass(frozen=True, slots=True)
class _Chord:
    start: int
    end: int
    pitches: tuple[int, ...] = ()
    velocity: int = 0


def lines(notes: Sequence[Snapped], bars: Sequence[Bar], exact: bool) -> tuple[Line, ...]:
    """Return a staff's notes as lines; there is one at least. exact: they last as long as they are written."""
    if not exact:
        notes = _tidied(notes)
    rows = _rows(_chords(notes), 0 if exact else _MOST) or [[]]
    return tuple(_line(row, bars, first=not index) for index, row in enumerate(rows))


def _tidied(notes: Sequence[Snapped]) -> list[Snapped]:
    """Let notes end where the next begin, or with those of their chord, where that is near."""
    onsets = sorted({one.start for one in notes})
    longest: dict[int, list[int]] = {}
    ended = []
    for one in notes:
        after = bisect_right(onsets, one.start)
        near = [tick for tick in onsets[after : after + 3] if abs(tick - one.end) <= _NEAR]
        end = min(near, key=lambda tick: abs(tick - one.end)) if near else one.end
        ended.append(replace(one, end=end))
        longest.setdefault(one.start, []).append(end)
    return [
        replace(one, end=max(end for end in longest[one.start] if end <= one.end + _NEAR))
        for one in ended
    ]


def _chords(notes: Iterable[Snapped]) -> list[_Chord]:
    together: dict[tuple[int, int], list[Snapped]] = {}
    for one in notes:
        together.setdefault((one.start, one.end), []).append(one)
    chords = [
        _Chord(
            start, end, tuple(sorted(one.pitch for one in own)), max(one.velocity for one in own)
        )
        for (start, end), own in together.items()
    ]
    return sorted(chords, key=lambda one: (one.start, -one.pitches[-1], one.end))


def _rows(chords: Iterable[_Chord], most: int) -> list[list[_Chord]]:
    """Return rows of chords that do not overlap. most: rows, unless more begin at once; 0 is as many as it takes."""
    rows: list[list[_Chord]] = []
    for one in chords:
        free = [row for row in rows if row[-1].end <= one.start]
        ending = [row for row in rows if row[-1].start < one.start]
        if free:
            free[0].append(one)
        elif most and len(rows) >= most and ending:
            row = min(ending, key=lambda row: row[-1].end)
            row[-1] = replace(row[-1], end=one.start)
            row.append(one)
        else:
            rows.append([one])
    return rows


def _line(row: Sequence[_Chord], bars: Sequence[Bar], first: bool) -> Line:
    result = []
    at = 0
    for bar in bars:
        while at < len(row) and row[at].end <= bar.tick:
            at += 1
        spans: list[_Chord] = []
        tick, index = bar.tick, at
        while index < len(row) and row[index].start < bar.end:
            if row[index].start > tick:
                spans.append(_Chord(tick, row[index].start))
            spans.append(row[index])
            tick, index = row[index].end, index + 1
        if tick < bar.end:
            spans.append(_Chord(tick, bar.end))
        result.append(tuple(_values(spans, bar)))
    return Line(tuple(result), first)


def _values(spans: Sequence[_Chord], bar: Bar) -> Iterator[Value]:
    """Yield what a bar holds, in values that can be written."""
    if len(spans) == 1 and not spans[0].pitches:
        yield Value(bar.tick, bar.length, bar.length)
        return
    triplets = list(_triplets({edge for one in spans for edge in (one.start, one.end)}, bar))
    cuts = sorted({edge for begins, length in triplets for edge in (begins, begins + length)})
    for one in spans:
        start, end = max(one.start, bar.tick), min(one.end, bar.end)
        edges = [start, *(cut for cut in cuts if start < cut < end), end]
        for left, right in pairwise(edges):
            inside = next((cell for cell in triplets if cell[0] <= left < sum(cell)), None)
            for tick, length in _split(left, right, bar, bool(inside)):
                tied = bool(one.pitches) and tick + length < one.end
                triplet, written = (inside[0], length * 3 // 2) if inside else (-1, length)
                yield Value(tick, length, written, one.pitches, one.velocity, tied, triplet)


def _triplets(edges: set[int], bar: Bar) -> Iterator[tuple[int, int]]:
    """Yield where triplets begin, and how long they last. edges: where notes begin and end."""
    tick = bar.tick
    while tick < bar.end:
        beat = {edge - tick for edge in edges if tick < edge < tick + TICKS}
        half = {edge for edge in beat if edge < EIGHTH}
        length = EIGHTH
        if beat and beat <= {8, 16} and tick + TICKS <= bar.end:
            length = TICKS
            yield tick, length
        elif any(edge % 3 for edge in half):
            yield tick, length
        tick += length


def _split(start: int, end: int, bar: Bar, triplet: bool) -> Iterator[tuple[int, int]]:
    """Yield ticks and lengths of one value each, cut where a reader looks for the beat."""
    while start < end:
        length = end - start
        if (length * 3 // 2 if triplet else length) not in _VALUES:
            length = _cut(start - bar.tick, length, bar.metre.pulse, triplet)
        yield start, length
        start += length


def _cut(inside: int, length: int, pulse: int, triplet: bool) -> int:
    """Return how much of a length comes first. inside: ticks after the bar line."""
    known = {value * 2 // 3 for value in _VALUES} if triplet else _VALUES
    for unit in (8, 4) if triplet else (4 * pulse, 2 * pulse, pulse, EIGHTH, 6, 3):
        first = unit - inside % unit
        if first < length:
            # Up to the last of these places if one value holds it, or the first of them.
            whole = first + (length - first - 1) // unit * unit
            if whole in known or first in known:
                return whole if whole in known else first
            # What is left before the longest values.
            while first not in known:
                first -= max(one for one in known if one < first)
            return first
    return length
