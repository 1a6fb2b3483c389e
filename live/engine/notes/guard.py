"""The novelty guard: no run of intervals that stands in what a model has learned from is played on to its end.

A run is of the top line: of each onset the highest pitch, whoever plays it. Any note that begins is the highest of
its onset until a higher one joins it, and is looked at as that.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from msgspec import Meta

from live.engine.notes.sampling import Mask
from live.ipc.ranges import Pitch
from models.contract.index import LONGEST, Index

OFF: Final = "off"
KEPT: Final = LONGEST + 1
"""Pitches of a line that are kept: those of the longest run, should its last but one be played over."""

Line = Annotated[tuple[Pitch, ...], Meta(max_length=KEPT)]
"""A top line's last pitches, the newest last."""
_PITCHES: Final = np.arange(128)


def led(line: Line, pitch: int, joins: bool) -> Line:
    """Return a line after one more note. joins: whether it begins with the last one."""
    if joins and line:
        return (*line[:-1], max(line[-1], pitch))
    return (*line[1 - KEPT :], pitch)


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses to complete runs of so many intervals that stand in an index. Any thread may ask it."""

    index: Index
    length: int

    def next(self, line: Line) -> Mask:
        """Return which pitches are refused as the next of a line; not to be written to."""
        return self.index.completing(line, self.length)

    def joining(self, line: Line) -> Mask:
        """Return which pitches are refused that would begin with the last one of a line."""
        if not line:
            return self.next(line)
        refused = self.next(line[:-1])
        return refused & (line[-1] < _PITCHES)


def guard_of(index: Index, novelty: str) -> Guard | None:
    """Return what guards a voice as its knob says; None where nothing does."""
    return Guard(index, int(novelty)) if novelty != OFF and index.digest else None
