"""Notes of a take on a grid that can be written: each beat is divided in the way that fits its notes best."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from live.record.heard import Taken
from live.record.notation.bars import Bar, Ruler
from models.contract.grid import TICKS

_STEPS: Final = (6, 8, 3, 4)
"""Sixteenths, triplets of eighths, thirty-seconds, triplets of sixteenths, in ticks; the plainer first."""
_RELUCTANCE: Final = (0.0, 1.0, 6.0, 6.0)
"""What a step must fit better by, in squared ticks a note, for notes that are on no grid."""
_EXACT: Final = 0.9
"""The share of notes that lie on thirty-seconds or triplets where something was played by the grid."""
_CHORD: Final = 2
"""Ticks apart at most that notes are one chord."""
_LOST: Final = 4.0
"""What it costs, in squared ticks, to write notes together that are no chord."""


@dataclass(frozen=True, slots=True, order=True)
class Snapped:
    """A note on the grid, in ticks of the sheet."""

    start: int
    end: int
    pitch: int
    velocity: int


def snapped(
    taken: Iterable[Taken], ruler: Ruler, bars: Sequence[Bar]
) -> tuple[list[Snapped], bool]:
    """Return a part's notes on the grid, in order, and whether they have been on one before.

    A pitch that is struck again while it sounds ends there.
    """
    notes = [
        Snapped(start, max(ruler.place(round(one.end * TICKS)), start + 1), one.pitch, one.velocity)
        for one in taken
        for start in (ruler.place(round(one.start * TICKS)),)
    ]
    cells = _Cells(bars)
    exact = _on_grid([one.start - cells.around(one.start)[0] for one in notes])
    inside: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for one in notes:
        for tick, where in ((one.start, inside), (one.end, ends)):
            begins, _ = cells.around(tick)
            where.setdefault(begins, []).append(tick - begins)
    steps: dict[int, int] = {}

    def snap(tick: int) -> int:
        begins, length = cells.around(tick)
        if begins not in steps:
            onsets, let_go = inside.get(begins, []), ends.get(begins, [])
            steps[begins] = _step(length, onsets, let_go, exact)
        step = steps[begins]
        return begins + min((2 * (tick - begins) + step) // (2 * step) * step, length)

    placed = []
    for one in notes:
        start = snap(one.start)
        _, length = cells.around(start)
        shortest = steps.get(cells.around(start)[0], min(6, length))
        placed.append(replace(one, start=start, end=max(snap(one.end), start + shortest)))
    return _apart(placed), exact


class _Cells:
    """The beats of the bars, each from its bar line on; the last of a bar may be shorter."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        self._bars = bars
        self._ticks = [bar.tick for bar in bars]

    def around(self, tick: int) -> tuple[int, int]:
        """Return where the beat around a tick begins, and how long it is."""
        bar = self._bars[max(bisect_right(self._ticks, tick) - 1, 0)]
        begins = tick - (tick - bar.tick) % TICKS
        return begins, min(TICKS, bar.end - begins) if begins < bar.end else TICKS


def _on_grid(inside: Sequence[int]) -> bool:
    """Return whether notes have been on a grid, but for ornaments: half of what people play is by chance."""
    fitting = sum(tick % 3 == 0 or tick % 4 == 0 for tick in inside)
    return fitting >= _EXACT * len(inside)


def _step(length: int, onsets: Sequence[int], ends: Sequence[int], exact: bool) -> int:
    """Return the step in which a beat is divided. onsets, ends: ticks after it begins."""
    known = [
        (step, cost) for step, cost in zip(_STEPS, _RELUCTANCE, strict=True) if not length % step
    ]
    if exact:
        return min(known, key=lambda one: (_off(onsets, one[0]), _off(ends, one[0])))[0]
    return min(known, key=lambda one: _error(onsets, one[0]) + one[1])[0]


def _off(ticks: Sequence[int], step: int) -> int:
    return sum(_away(tick, step) for tick in ticks)


def _away(tick: int, step: int) -> int:
    return min(tick % step, -tick % step)


def _error(onsets: Sequence[int], step: int) -> float:
    if not onsets:
        return 0.0
    different = sorted(set(onsets))
    merged = sum(
        after - before > _CHORD
        and (2 * before + step) // (2 * step) == (2 * after + step) // (2 * step)
        for before, after in pairwise(different)
    )
    return sum(_away(tick, step) ** 2 for tick in onsets) / len(onsets) + _LOST * merged


def _apart(notes: Iterable[Snapped]) -> list[Snapped]:
    latest: dict[int, int] = {}
    result: list[Snapped] = []
    for one in sorted(notes):
        index = latest.get(one.pitch, -1)
        if index >= 0 and result[index].start == one.start:
            result[index] = replace(result[index], end=max(result[index].end, one.end))
            continue
        if index >= 0 and result[index].end > one.start:
            result[index] = replace(result[index], end=one.start)
        latest[one.pitch] = len(result)
        result.append(one)
    return sorted(result)
