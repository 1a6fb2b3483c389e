"""Heads, compiled: what rows of the past propose, and the mixture with what a head says by itself; see `kernel.py`."""

from typing import Any, Final

import numpy as np

from live.machine.compiling import callback, carray, compiled, pointer
from live.runtime.copying.following import add_next
from live.runtime.copying.layout import COPIER, HEAD
from live.runtime.copying.numbers import exp, log, within
from models.contract.copied import FLOOR, KEY, MOST
from models.contract.grid import METRES
from models.contract.matching import (
    BUCKETS,
    CHORD,
    INDICES,
    INTERVAL,
    LAGS,
    PITCH,
    PLACE,
    REACH,
    TIME,
)

_PLACES: Final = BUCKETS * 2 * 2 * LAGS
_SCALE: Final = np.float32(KEY**-0.5)
_FLOOR, _MOST = np.float32(FLOOR), np.float32(MOST)
_ZERO: Final = np.float32(0.0)


@compiled("float32(float32[::1], int64, int64, float32[::1])", any_order=True)
def _products(query: Any, log_: int, keys: int, weights: Any) -> Any:
    """Write the weights of a query by keys, (log, KEY); return a number where all scores are numbers."""
    held = carray(pointer(keys), (log_, KEY), np.float32)
    every = _ZERO
    for j in range(log_):
        sum_ = _ZERO
        for i in range(KEY):
            sum_ += query[i] * held[j, i]
        weights[j] = sum_ * _SCALE
        every += weights[j]
    for j in range(log_):
        weights[j] = exp(min(weights[j], _MOST))
    return every


@compiled("float32(int64, int64, int64)")
def _begin(head: int, width: int, classes: int) -> Any:
    """Write what a head says by itself, weighed by its sentinel; return a number where it is made of numbers.

    width: of its hidden layer.
    """
    h = carray(pointer(head), 1, HEAD)[0]
    hidden = carray(pointer(h.hidden), width, np.float32)
    weights = carray(pointer(h.sentinel), width, np.float32)
    own = carray(pointer(h.own), classes, np.float32)
    sums = carray(pointer(h.logits), classes, np.float32)
    score = carray(pointer(h.bias), 1, np.float32)[0]
    for i in range(width):
        score += hidden[i] * weights[i]
    highest, total, every = own[0], _ZERO, score
    for i in range(classes):
        highest = max(highest, own[i])
        every += own[i]
    for i in range(classes):
        sums[i] = exp(own[i] - highest)
    for i in range(classes):
        total += sums[i]
    sentinel = exp(min(score, _MOST))
    for i in range(classes):
        sums[i] = (sums[i] / total + _FLOOR) * sentinel
    return every


@compiled("void(int64, float32)")
def _end(head: int, every: Any) -> None:
    """Turn sums into logits, which are no numbers where `every` is none."""
    h = carray(pointer(head), 1, HEAD)[0]
    sums = carray(pointer(h.logits), h.classes, np.float32)
    none = every - every
    for i in range(h.classes):
        sums[i] = log(sums[i]) + none


@compiled("void(int64, int64, int64, int64, float32[::1])")
def _say_first(copier: int, head: int, past: int, keys: int, query: Any) -> None:
    """Write the logits of what is drawn first of the next step, as `say_time` does."""
    m, h = carray(pointer(copier), 1, COPIER)[0], carray(pointer(head), 1, HEAD)[0]
    every = _begin(head, m.head, h.classes)
    weights = carray(pointer(m.products), m.log, np.float32)
    every += _products(query, m.log, keys, weights)
    rows = carray(pointer(past), (m.log, m.columns), np.int64)
    index = carray(pointer(m.index), m.log, np.int64)
    score = carray(pointer(h.score), INDICES, np.float32)
    sums = carray(pointer(h.logits), h.classes, np.float32)
    for j in range(m.log):
        value = rows[j, TIME] - 1
        if 0 <= value < h.classes:
            sums[value] += score[within(index[j], INDICES)] * weights[j]
    _end(head, every)


@callback("void(int64, int64, int64, int64)")
def say_time(copier: int, head: int, past: int, keys: int) -> None:
    """Write the logits of the time of the next step. past: rows as they stand now. keys: theirs."""
    m = carray(pointer(copier), 1, COPIER)[0]
    query = carray(pointer(m.context + 4 * m.width), KEY, np.float32)
    _say_first(copier, head, past, keys, query)


@callback("void(int64, int64, int64, int64)")
def say_letter(copier: int, head: int, past: int, keys: int) -> None:
    """Write the logits of the next letter; see `say_time`. Until it is drawn it is told as the start, the last code."""
    m, h = carray(pointer(copier), 1, COPIER)[0], carray(pointer(head), 1, HEAD)[0]
    query = carray(pointer(m.query), KEY, np.float32)
    asked = carray(pointer(m.context + 4 * m.width), KEY, np.float32)
    for i in range(KEY):
        query[i] = asked[i]
    add_next(copier, m.gaps - 1, h.given, 0, query)
    _say_first(copier, head, past, keys, query)


@compiled("int64(int64, int64, int64)")
def _passed(copier: int, head: int, now: int) -> int:
    """Return where the step is that is drawn, a place in a chord counted. now: where the last one is, at an address."""
    m, h = carray(pointer(copier), 1, COPIER)[0], carray(pointer(head), 1, HEAD)[0]
    here = carray(pointer(now), 3, np.int64)
    drawn = carray(pointer(h.drawn), h.time_at + 1, np.int64)
    ticks = carray(pointer(m.ticks), m.gaps, np.int64)[within(drawn[h.time_at], m.gaps)]
    return int(here[0] + ticks + (here[1] + CHORD if ticks == 0 else 0))


@callback("void(int64, int64, int64, int64)")
def say_pitch(copier: int, head: int, past: int, keys: int) -> None:
    """Write the logits of its pitch; see `say_time`."""
    m, h = carray(pointer(copier), 1, COPIER)[0], carray(pointer(head), 1, HEAD)[0]
    every = _begin(head, m.head, h.classes)
    time = within(carray(pointer(h.drawn), h.time_at + 1, np.int64)[h.time_at], m.gaps)
    query = carray(pointer(m.query), KEY, np.float32)
    asked = carray(pointer(m.context + 4 * (m.width + KEY)), KEY, np.float32)
    for i in range(KEY):
        query[i] = asked[i]
    add_next(copier, time, h.given, 0, query)
    weights = carray(pointer(m.products), m.log, np.float32)
    every += _products(query, m.log, keys, weights)
    given = carray(pointer(h.given), m.conditions, np.int64)
    lags = carray(pointer(m.lags), (METRES, REACH), np.uint8)[within(given[m.metre], METRES)]
    near = carray(pointer(m.near), (m.gaps, m.gaps + 1), np.uint8)[time]
    bases = carray(pointer(m.bases), INDICES, np.int64)
    rows = carray(pointer(past), (m.log, m.columns), np.int64)
    index = carray(pointer(m.index), m.log, np.int64)
    moved = carray(pointer(h.score), _PLACES, np.float32)
    same = carray(pointer(m.score_same), _PLACES, np.float32)
    sums = carray(pointer(h.logits), h.classes, np.float32)
    total = _passed(copier, head, m.now)
    here = carray(pointer(m.now), 3, np.int64)[2] - 2 * m.classes
    for j in range(m.log):
        lag = int(lags[within(total - rows[j, PLACE], REACH)])
        gap = int(near[within(rows[j, TIME], m.gaps + 1)])
        place = bases[within(index[j], INDICES)] + lag + gap
        value = rows[j, INTERVAL] + here
        if 0 <= value < h.classes:
            sums[value] += moved[place] * weights[j]
        value = rows[j, PITCH] - m.classes
        if 0 <= value < h.classes:
            sums[value] += same[place] * weights[j]
    _end(head, every)


@callback("void(int64, int64, int64)")
def say_alike(copier: int, head: int, past: int) -> None:
    """Write the logits of what comes back as it was; see `say_time`."""
    m, h = carray(pointer(copier), 1, COPIER)[0], carray(pointer(head), 1, HEAD)[0]
    every = _begin(head, m.head, h.classes)
    pitch = carray(pointer(h.drawn), h.pitch_at + 1, np.int64)[h.pitch_at] + m.classes
    given = carray(pointer(h.given), m.conditions, np.int64)
    lags = carray(pointer(m.lags), (METRES, REACH), np.uint8)[within(given[m.metre], METRES)]
    bases = carray(pointer(m.bases), INDICES, np.int64)
    rows = carray(pointer(past), (m.log, m.columns), np.int64)
    index = carray(pointer(m.index), m.log, np.int64)
    score = carray(pointer(h.score), _PLACES, np.float32)
    sums = carray(pointer(h.logits), h.classes, np.float32)
    total = _passed(copier, head, m.now)
    for j in range(m.log):
        lag = int(lags[within(total - rows[j, PLACE], REACH)])
        place = bases[within(index[j], INDICES)] + lag
        place += LAGS if rows[j, PITCH] == pitch else 0
        value = rows[j, h.column] - 1
        if 0 <= value < h.classes:
            sums[value] += score[place]
    _end(head, every)
