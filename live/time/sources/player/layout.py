"""What Python and the compiled code of the bank share: how a model and a belief lie in memory."""

from typing import Final

import numpy as np

MODEL: Final = np.dtype(
    [("drift", np.float64)]
    + [(name, np.int64) for name in ("places", "tempi", "grid", "steps", "marks")]
    + [
        (name, np.int64)
        for name in ("step", "start", "length", "late", "spread", "often", "mark", "scratch")
    ]
)
"""Sizes, and the addresses of tables (float64; `start` and `length` int64).

drift: how a tempo wanders in a second, as a share of it, squared.
places: positions on the grid of a beat, of all kinds of metre. grid: positions in a beat. steps: longest step told
apart, and one. step: log odds (places, CLASSES, steps) of the step to the next onset, by the step before. start,
length: of the kind of metre that a place belongs to. late: beats by which onsets there come late; spread: the
variance of that. often: log share of onsets. mark: what marks tell, (marks, places).
scratch: three numbers for each cell.
"""
CLASSES: Final = 7
"""Kinds of steps from one onset to the next; 0 is not known."""

ROWS: Final = 9
"""Of a cell: log weight, beats off its place, beats a second, the variance of both and of each, place, class, what the
hinted beat says of it."""
WEIGHT, OFF, RATE, VARIANCE, SHARED, UNSURE, PLACE, CLASS, KNOWN = range(ROWS)
FACTS: Final = 5
"""Of a belief, after its cells: how little the best cell explains of late, how many onsets, which was the best, what
the hinted beat says of cells that it does not mean, and how likely the best cell's steps were of late."""
MISSED, COUNT, BEST, OTHERS, FIT = range(FACTS)
GUESS: Final = 6
"""Of a guess: beats a second, the phase, the share of all weight, the phase's deviation in beats, how far it is the
hinted beat (0 where none is), and how likely its steps were of late."""

SLOWEST: Final = 57.0
RATIO: Final = 1.05
TEMPI: Final = 25
"""Tempi in beats a minute, each so many times the one before: up to 184."""
