"""A step, compiled: its row, the matches of all rows with it, and its queries and keys; see `kernel.py`."""

from typing import Any, Final

import numpy as np

from live.machine.compiling import callback, carray, compiled, pointer
from live.runtime.copying.layout import COPIER
from live.runtime.copying.numbers import within
from models.contract.copied import BACK, FOLLOWING, KEY, SMALL, WIDEST
from models.contract.grid import METRES
from models.contract.matching import (
    BUCKETS,
    CHORD,
    GAPS,
    INDICES,
    INTERVAL,
    LAGS,
    LONGEST,
    MOVE,
    NEAR,
    OTHER_BARS,
    PITCH,
    PLACE,
    REACH,
    TIME,
)

_LENGTH: Final = 2 * LAGS
"""What a step of a match counts in an index."""
_FOLLOWING: Final = np.float32(FOLLOWING)
_ZERO: Final = np.float32(0.0)


@compiled("int64(int64, int64)")
def _make_row(copier: int, time: int) -> int:
    """Write the row of a step, and where it is; return its move, or what is like none. time: its code."""
    m = carray(pointer(copier), 1, COPIER)[0]
    codes = carray(pointer(m.codes), m.inputs, np.int64)
    before = carray(pointer(m.now), 3, np.int64)
    now = carray(pointer(m.now_next), 3, np.int64)
    row = carray(pointer(m.row), m.columns, np.int64)
    ticks = carray(pointer(m.ticks), m.gaps, np.int64)[time]
    now[0] = before[0] + ticks
    now[1] = before[1] + CHORD if ticks == 0 else 0
    now[2] = carray(pointer(m.pitches), m.struck, np.int64)[within(codes[m.pitch], m.struck)]
    for k in range(m.columns):
        row[k] = 0
    if now[2] == 0 or before[2] == 0:
        return -GAPS
    row[PITCH] = now[2]
    row[INTERVAL] = now[2] - before[2] + m.classes
    row[MOVE] = row[INTERVAL] * GAPS + ticks
    row[PLACE] = now[0] + now[1]
    row[TIME] = time + 1
    columns = carray(pointer(m.alike_at), m.alike, np.int64)
    firsts = carray(pointer(m.alike_firsts), m.alike + 1, np.int64)
    known = carray(pointer(m.alike_codes), firsts[m.alike], np.int64)
    for k in range(m.alike):
        code = within(codes[columns[k]], firsts[k + 1] - firsts[k])
        row[TIME + 1 + k] = known[firsts[k] + code]
    return int(row[MOVE])


@callback("void(int64, int64)")
def follow(copier: int, past: int) -> None:
    """Take a step: its row, where it is, the matches of all rows with it, and what the longest of them add.

    past: the rows before, (log, columns).
    """
    m = carray(pointer(copier), 1, COPIER)[0]
    codes = carray(pointer(m.codes), m.inputs, np.int64)
    move = _make_row(copier, within(codes[m.time], m.gaps))
    now = carray(pointer(m.now_next), 3, np.int64)
    pitch, total = now[2], now[0] + now[1]
    given = carray(pointer(m.given), m.conditions, np.int64)
    lags = carray(pointer(m.lags), (METRES, REACH), np.uint8)[within(given[m.metre], METRES)]
    rows = carray(pointer(past), (m.log, m.columns), np.int64)
    index = carray(pointer(m.index), m.log, np.int64)
    after = carray(pointer(m.index_next), m.log, np.int64)
    best, barred = 0, 0
    for j in range(m.log):
        length = min(within(index[j], INDICES) // _LENGTH + 1, LONGEST) * _LENGTH
        alike = abs(rows[j, MOVE] - move) <= NEAR
        lag = int(lags[within(total - rows[j, PLACE], REACH)])
        found = (length if alike else 0) + (LAGS if rows[j, PITCH] == pitch else 0) + lag
        after[j] = found
        best = max(best, found)
        barred = max(barred, found if 0 < lag <= OTHER_BARS else 0)
    size = m.embed + m.width
    familiar = carray(pointer(m.familiar), (2 * BUCKETS, size), np.float32)
    classes = carray(pointer(m.length_classes), INDICES, np.int64)
    one, other = familiar[classes[best]], familiar[BUCKETS + classes[barred]]
    inward = carray(pointer(m.inward), m.embed, np.float32)
    onward = carray(pointer(m.onward), m.width, np.float32)
    for i in range(m.embed):
        inward[i] = one[i] + other[i]
    for i in range(m.width):
        onward[i] = one[m.embed + i] + other[m.embed + i]


@compiled("void(int64, int64, int64, int64, float32[::1])")
def add_next(copier: int, code: int, given: int, first: int, key: Any) -> None:
    """Add what comes next to numbers of a query or a key from `first` on. code: of time. given: conditions."""
    m = carray(pointer(copier), 1, COPIER)[0]
    time = carray(pointer(m.next_time), (m.gaps, KEY), np.float32)[within(code, m.gaps)]
    place = carray(pointer(m.next_place), (m.places, KEY), np.float32)
    starts = carray(pointer(m.starts), m.conditions, np.int64)
    conditions = carray(pointer(given), m.conditions, np.int64)
    for i in range(KEY):
        sum_ = _ZERO
        for k in range(m.conditions):
            sum_ += place[within(starts[k] + conditions[k], m.places), i]
        key[first + i] += (time[i] + sum_) * _FOLLOWING


@compiled("void(int64, int64, float32[::1])")
def _look_back(copier: int, past: int, found: Any) -> None:
    """Write the embedded intervals and gaps of the last rows behind a context. past: the rows before."""
    m = carray(pointer(copier), 1, COPIER)[0]
    rows = carray(pointer(past), (m.log, m.columns), np.int64)
    row = carray(pointer(m.row), m.columns, np.int64)
    intervals = carray(pointer(m.intervals), (2 * WIDEST + 2, SMALL), np.float32)
    gaps = carray(pointer(m.gap_weights), (m.gaps + 1, SMALL), np.float32)
    for k in range(BACK):
        own = k == BACK - 1
        at = max(m.log - BACK + 1 + k, 0)
        interval = row[INTERVAL] if own else rows[at, INTERVAL]
        gap = row[TIME] if own else rows[at, TIME]
        known = within(interval - m.classes + WIDEST, 2 * WIDEST + 1)
        code = known if interval > 0 else 2 * WIDEST + 1
        first = m.width + k * 2 * SMALL
        for i in range(SMALL):
            found[first + i] = intervals[code, i]
            found[first + SMALL + i] = gaps[within(gap, m.gaps + 1), i]


@compiled("void(float32[::1], float32[:, ::1], float32[::1])", any_order=True)
def _multiply(given: Any, weights: Any, made: Any) -> None:
    """Add a product with a matrix to `made`."""
    whole = len(given) - len(given) % 4
    for i in range(0, whole, 4):
        a, b, c, d = given[i], given[i + 1], given[i + 2], given[i + 3]
        one, two, three, four = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
        for k in range(len(made)):
            made[k] += a * one[k] + b * two[k] + c * three[k] + d * four[k]
    for i in range(whole, len(given)):
        for k in range(len(made)):
            made[k] += given[i] * weights[i, k]


@callback("void(int64, int64)")
def attend(copier: int, past: int) -> None:
    """Write the context with its queries, the keys of the row that a step ends, and its own.

    past: the rows before. After `follow`, and after the trunk.
    """
    m = carray(pointer(copier), 1, COPIER)[0]
    size = m.width + BACK * 2 * SMALL
    heard = carray(pointer(m.heard), size, np.float32)
    _look_back(copier, past, heard)
    made = carray(pointer(m.attended), 2 * m.asking, np.float32)
    bias = carray(pointer(m.attend_bias), 2 * m.asking, np.float32)
    for k in range(2 * m.asking):
        made[k] = bias[k]
    _multiply(heard, carray(pointer(m.attend), (size, 2 * m.asking), np.float32), made)
    context = carray(pointer(m.context), m.width + m.asking, np.float32)
    pending = carray(pointer(m.pending), m.asking, np.float32)
    coming = carray(pointer(m.pending_next), m.asking, np.float32)
    keys = carray(pointer(m.keys), m.asking, np.float32)
    for i in range(m.width):
        context[i] = heard[i]
    for i in range(m.asking):
        context[m.width + i], coming[i], keys[i] = made[i], made[m.asking + i], pending[i]
    codes = carray(pointer(m.codes), m.inputs, np.int64)
    add_next(copier, codes[m.time], m.given, m.asking - KEY, keys)
