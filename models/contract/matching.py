"""What of the past is like now, in numbers and tables: what a network that copies is trained with, and what plays it.

A *row* is a step of the past together with the one that came after it. Its *index* says in one number how many steps
up to it are like the last ones (equal intervals, gaps alike within `NEAR` ticks), whether it has the pitch that is now,
and how many bars or beats lie between.
"""

from typing import Final, NamedTuple

import numpy as np

from models.contract.errors import ExtempoError
from models.contract.grid import METRES, TICKS
from models.contract.representation import Codes, Repeats, Representation

NEAR: Final = 2
"""Ticks by which gaps differ that are alike."""
LONGEST: Final = 25
"""Steps of a match that are counted."""
_BUCKETS: Final = (*range(9), *[9] * 4, *[10] * 4, *[11] * 8, 12)
"""By the length of a match, its class."""
BUCKETS: Final = _BUCKETS[-1] + 1
_BARS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 8: 5, 16: 6}
"""By bars between, the class of a lag."""
OTHER_BARS: Final = 7
BEATS: Final = 8
LAGS: Final = 9
"""Classes of lags; 0 is none of them, or another place in a chord."""
INDICES: Final = (LONGEST + 1) * 2 * LAGS
"""How many indices there are; lengths count most, then the same pitch, then lags."""
REACH: Final = 3200
"""Ticks back that have lags."""
CHORD: Final = 1 << 20
"""What a place in a chord weighs beside ticks: rows at other places lie out of reach."""
GAPS: Final = 1 << 12
"""More than the ticks of any gap."""

MOVE, PLACE, PITCH, INTERVAL, TIME = range(5)
"""Columns of a row, of the step that came after: 0 is none. Those of `Repeats.alike` come after them."""


class Tables(NamedTuple):
    """What is looked up of a step and of an index.

    ticks: of a code of time. pitches: of a code of pitch, 0 for none, else `pitch_classes` and more. lags: the class
    of each lag in ticks by metre, (metres, REACH). near: LAGS where a gap's class is near to another's as rows have
    it, (classes, 1 + classes), else 0. alike: of the codes of each of `Repeats.alike`, what rows have of them.
    A letter stands in the place of the time: its "ticks" are near to no other letter's, all have one pitch, and there
    are no lags.
    """

    repeats: Repeats
    time: int
    pitch: int
    others: tuple[int, ...]
    metre: int
    pitch_classes: int
    ticks: Codes
    pitches: Codes
    lags: Codes
    near: Codes
    alike: tuple[Codes, ...]

    @property
    def width(self) -> int:
        """Return how many columns a row has."""
        return TIME + 1 + len(self.alike)


def tables(representation: Representation) -> Tables:
    """Return the tables of a representation; ExtempoError where it says nothing of what may come back.

    time, pitch, others, metre: where in a row of codes, and in conditions, these are.
    """
    repeats = repeats_of(representation)
    if repeats.letter:
        return _of_letters(representation, repeats)
    columns = {column.name: column for column in representation.inputs}
    factors = {column.name: column for column in representation.factors}
    classes = factors[repeats.pitch].classes
    struck = columns[repeats.pitch]
    codes = np.arange(struck.classes)
    sounding = (codes < classes) & (np.array(struck.values) >= 0)
    ticks = np.array(columns[repeats.time].values, np.int64)
    alike = []
    for name in repeats.alike:
        drawn = np.arange(columns[name].classes)
        alike.append(np.where(drawn < factors[name].classes, drawn + 1, 0))
    return Tables(
        repeats,
        representation.place_of(repeats.time),
        representation.place_of(repeats.pitch),
        tuple(representation.place_of(name) for name in repeats.alike),
        [column.name for column in representation.conditions].index(repeats.metre),
        classes,
        ticks,
        np.where(sounding, codes + classes, 0),
        _lags(),
        np.pad(np.abs(ticks[:, None] - ticks) <= NEAR, ((0, 0), (1, 0))) * LAGS,
        tuple(alike),
    )


def _of_letters(representation: Representation, repeats: Repeats) -> Tables:
    column = representation.place_of(repeats.letter)
    fed, drawn = (
        next(one.classes for one in columns if one.name == repeats.letter)
        for columns in (representation.inputs, representation.factors)
    )
    codes = np.arange(fed)
    return Tables(
        repeats,
        time=column,
        pitch=column,
        others=(),
        metre=0,
        pitch_classes=1,
        ticks=(codes + 1) * (NEAR + 1),
        pitches=np.where(codes < drawn, 1, 0),
        lags=np.zeros((METRES, REACH), np.int64),
        near=np.zeros((fed, fed + 1), np.int64),
        alike=(),
    )


def repeats_of(representation: Representation) -> Repeats:
    """Return what of a step repeats; ExtempoError where a representation says nothing of it."""
    if representation.repeats is None:
        raise ExtempoError(
            f"a step of {representation.name!r} does not say what of it could come back: set copy = 0 in the"
            f" recipe."
        )
    return representation.repeats


def length_classes() -> Codes:
    """Return the class of the match's length, of every index."""
    return np.array(_BUCKETS)[np.arange(INDICES) // (2 * LAGS)]


def buckets(kinds: int) -> Codes:
    """Return, of every index, where it lies in a table (length classes, same pitch, kinds, lags) at the first kind.

    Of one kind it is the place of the index's own lag; of more the first of its lags, to which another's is added.
    """
    index = np.arange(INDICES)
    first = (length_classes() * 2 + index // LAGS % 2) * kinds * LAGS
    return first + index % LAGS if kinds == 1 else first


def _lags() -> Codes:
    table = np.zeros((METRES, REACH), np.int64)
    for metre in range(METRES):
        bar = (metre or 8) * TICKS // 2
        for ticks in range(bar // 2, REACH - NEAR):
            around = slice(ticks - NEAR, ticks + NEAR + 1)
            if ticks % bar == 0:
                table[metre, around] = _BARS.get(ticks // bar, OTHER_BARS)
            elif ticks % TICKS == 0:
                beats = table[metre, around]
                table[metre, around] = np.where(beats == 0, BEATS, beats)
    return table
