"""The bank of hypotheses, compiled: what an onset says of each tempo and each position in the beat.

Importing this imports numba; what plays loads it through `code.py`. Memory is handed over by address. Each
hypothesis, a cell, is a Kalman filter of phase and tempo, and is weighed by how likely the step that it has made is,
by how near to the grid the onset falls, and by what its marks say.
"""

import math
from typing import Any, Final

import numpy as np

from live.machine.compiling import callback, carray, compiled, pointer
from live.time.sources.player.layout import (
    BEST,
    CLASS,
    COUNT,
    FACTS,
    FIT,
    GUESS,
    KNOWN,
    MISSED,
    MODEL,
    OFF,
    OTHERS,
    PLACE,
    RATE,
    RATIO,
    ROWS,
    SHARED,
    SLOWEST,
    TEMPI,
    UNSURE,
    VARIANCE,
    WEIGHT,
)
from live.time.sources.player.stepping import JITTER, MARKS, kind_of, likeliest

_FORGET: Final = 0.98
_TEMPER: Final = 0.45
"""What is said counts so much: one onset after the other tells much the same."""
_FLOOR: Final = math.log(0.004)
"""An onset that a cell cannot explain costs it so much at most, and moves it nowhere."""
_FRESH: Final = -3.5
"""The log weight of cells that begin anew in place of those that have lost."""
_DOUBT: Final = 0.3
_MISSES: Final = 1.5
"""Of late, so many onsets that the best cell cannot explain: then all are doubted."""
_TURN: Final = 4
"""Every so many onsets lost cells begin anew."""
_WIDE: Final = (RATIO - 1) / 3
_SLOW: Final = SLOWEST / 60 / 1.03
_FAST: Final = SLOWEST * RATIO ** (TEMPI - 1) / 60 * 1.03
_SAME_TEMPO, _SAME_PHASE, _TRIES = 0.03, 0.08, 4
_LATELY: Final = 0.9
"""How much of what was likely so far is kept when an onset comes."""
_BEAT_WIDTH: Final = 0.12
"""Beats by which a hinted beat may be wrong."""


@compiled("void(int64, int64, int64, float64[::1])")
def _weigh_marks(model: int, marks: int, count: int, said: Any) -> None:
    """Write what an onset's marks say of each place, as log odds, to `said`."""
    m = carray(pointer(model), 1, MODEL)[0]
    table = carray(pointer(m.mark), (m.marks, m.places), np.float64)
    named = carray(pointer(marks), count, np.int64)
    often = carray(pointer(m.often), m.places, np.float64)
    start = carray(pointer(m.start), m.places, np.int64)
    length = carray(pointer(m.length), m.places, np.int64)
    place = 0
    while place < m.places:
        total, whole, first = 0.0, 0.0, start[place]
        for i in range(first, first + length[place]):
            said[i] = 0.0
            for j in range(count):
                said[i] += table[named[j], i]
            share = math.exp(often[i])
            total += share * math.exp(said[i])
            whole += share
        for i in range(first, first + length[place]):
            said[i] -= math.log(total / whole)
        place = first + length[place]


@compiled("Tuple((float32[:,::1], float32[::1]))(int64, int64)")
def _parts(belief: int, size: int) -> Any:
    """Return a belief's cells and facts."""
    cells = carray(pointer(belief), (ROWS, size), np.float32)
    return cells, carray(pointer(belief + 4 * ROWS * size), FACTS, np.float32)


@compiled("void(float32[:,::1], int64, int64, int64, float64)")
def _set(to: Any, cell: int, tempo: int, place: int, weight: float) -> None:
    """Let a cell begin: at its own tempo, on its own place."""
    rate = SLOWEST / 60 * RATIO**tempo
    to[WEIGHT, cell], to[RATE, cell], to[PLACE, cell] = weight, rate, place
    to[OFF, cell] = to[SHARED, cell] = to[CLASS, cell] = 0.0
    to[VARIANCE, cell], to[UNSURE, cell] = JITTER * rate * rate, (_WIDE * rate) ** 2


@callback("void(int64, int64, int64, int64, int64, float64, float64)")
def begin(
    model: int, belief: int, prior: int, marks: int, count: int, phase: float, hinted: float
) -> None:
    """Write what is believed after a first onset.

    prior: the log weight of each tempo. phase: of the onset, in a beat that is hinted at; hinted: how sure, 0 to 1.
    """
    m = carray(pointer(model), 1, MODEL)[0]
    size = m.places * m.tempi
    to, fact = _parts(belief, size)
    of_tempo = carray(pointer(prior), m.tempi, np.float64)
    often = carray(pointer(m.often), m.places, np.float64)
    start = carray(pointer(m.start), m.places, np.int64)
    said = carray(pointer(m.scratch), m.places, np.float64)
    _weigh_marks(model, marks, count, said)
    top, best = -1e30, 0
    for cell in range(size):
        tempo, place = cell // m.places, cell % m.places
        weight = of_tempo[tempo] + _TEMPER * (often[place] + MARKS * said[place])
        off = (place - start[place]) / m.grid - phase
        off -= math.floor(off + 0.5)
        near = math.exp(-0.5 * (off / _BEAT_WIDTH) ** 2)
        known = math.log(1 - hinted + hinted * near)
        weight += known
        _set(to, cell, tempo, place, weight)
        to[KNOWN, cell] = known
        if weight > top:
            top, best = weight, cell
    for cell in range(size):
        to[WEIGHT, cell] -= top
    fact[MISSED], fact[COUNT], fact[BEST] = 0.0, 0.0, best
    fact[OTHERS], fact[FIT] = math.log(1 - hinted), 0.0


@compiled(
    "float64(int64, float32[:,::1], float32[:,::1], int64, float64, float64, float64[::1])",
    inline=True,
)
def _move(
    model: int, old: Any, to: Any, cell: int, prior: float, passed: float, said: Any
) -> float:
    """Move a cell on to an onset; return how well it explains that. prior: the log weight of its tempo."""
    m = carray(pointer(model), 1, MODEL)[0]
    rate, place, before = float(old[RATE, cell]), int(old[PLACE, cell]), int(old[CLASS, cell])
    shared, unsure = float(old[SHARED, cell]), float(old[UNSURE, cell])
    wander = m.drift * rate * rate * passed
    variance = old[VARIANCE, cell] + passed * (2 * shared + passed * unsure)
    variance += wander * passed * passed / 3
    shared += passed * unsure + wander * passed / 2
    unsure += wander
    gone = (old[OFF, cell] + rate * passed) * m.grid
    best, chosen, landed, missed, total = likeliest(
        model, gone, rate, variance, place, before, said
    )
    off, kind = (gone - chosen) / m.grid, 0
    if best > _FLOOR:
        gain, pull, kind = variance / total, shared / total, kind_of(chosen, m.grid)
        off -= gain * missed
        rate -= pull * missed
        unsure -= pull * shared
        shared -= gain * shared
        variance -= gain * variance
    known = old[KNOWN, cell]
    weight = _FORGET * old[WEIGHT, cell] + _TEMPER * max(best, _FLOOR)
    weight += (1 - _FORGET) * (prior + known)
    to[WEIGHT, cell], to[OFF, cell], to[RATE, cell], to[PLACE, cell] = weight, off, rate, landed
    to[VARIANCE, cell], to[SHARED, cell], to[UNSURE, cell] = variance, shared, unsure
    to[CLASS, cell], to[KNOWN, cell] = kind, known
    return float(best)


@callback("void(int64, int64, int64, int64, int64, int64, float64)")
def push(
    model: int, belief: int, then: int, prior: int, marks: int, count: int, passed: float
) -> None:
    """Write what is believed after one more onset, `passed` seconds after the last, to `then`."""
    m = carray(pointer(model), 1, MODEL)[0]
    size, places = m.places * m.tempi, m.places
    old, fact = _parts(belief, size)
    to, fact_then = _parts(then, size)
    of_tempo = carray(pointer(prior), m.tempi, np.float64)
    often = carray(pointer(m.often), places, np.float64)
    said = carray(pointer(m.scratch), places, np.float64)
    _weigh_marks(model, marks, count, said)
    onsets, explained, top, best = int(fact[COUNT]) + 1, 0.0, -1e30, 0
    for cell in range(size):
        fit = _move(model, old, to, cell, of_tempo[cell // places], passed, said)
        if cell == int(fact[BEST]):
            explained = fit
        if to[WEIGHT, cell] > top:
            top, best = to[WEIGHT, cell], cell
    misses = 0.6 * fact[MISSED] + (1.0 if explained < _FLOOR + 1 else 0.0)
    turn, doubt = onsets % _TURN == 0, 1.0
    if misses > _MISSES and onsets > 2 * _TURN:
        misses, turn, doubt = 0.0, True, _DOUBT
    for cell in range(size):
        to[WEIGHT, cell] = doubt * (to[WEIGHT, cell] - top)
        lost = to[WEIGHT, cell] < _FRESH - 2 or not _SLOW <= to[RATE, cell] <= _FAST
        if turn and lost:
            tempo, place = cell // places, cell % places
            _set(to, cell, tempo, place, _FRESH + 0.3 * (of_tempo[tempo] + often[place]))
            to[KNOWN, cell] = fact[OTHERS]
    fact_then[OTHERS] = fact[OTHERS]
    fact_then[FIT] = _LATELY * fact[FIT] + (1 - _LATELY) * max(explained, _FLOOR)
    fact_then[MISSED], fact_then[COUNT], fact_then[BEST] = misses, onsets, best


@callback("void(int64, int64, float64, int64)")
def ask(model: int, belief: int, passed: float, guess: int) -> None:
    """Write the guess, `passed` seconds after the last onset: the cells that agree with each other and weigh most."""
    m = carray(pointer(model), 1, MODEL)[0]
    size = m.places * m.tempi
    cell_of, fact = _parts(belief, size)
    start = carray(pointer(m.start), m.places, np.int64)
    told = carray(pointer(guess), GUESS, np.float64)
    scratch = carray(pointer(m.scratch), (3, size), np.float64)
    share, phase, used, whole, most = scratch[0], scratch[1], scratch[2], 0.0, -1.0
    for cell in range(size):
        place = int(cell_of[PLACE, cell])
        share[cell], used[cell] = math.exp(cell_of[WEIGHT, cell]), 0.0
        phase[cell] = (place - start[place]) / m.grid + cell_of[OFF, cell]
        phase[cell] += cell_of[RATE, cell] * passed
        whole += share[cell]
    for _ in range(_TRIES):
        one, weight = -1, 0.0
        for cell in range(size):
            if used[cell] == 0.0 and share[cell] > weight:
                one, weight = cell, share[cell]
        if one < 0:
            break
        mass, rates, phases, squares, known = 0.0, 0.0, 0.0, 0.0, 0.0
        for cell in range(size):
            ratio = cell_of[RATE, cell] / cell_of[RATE, one]
            off = phase[cell] - phase[one]
            off -= math.floor(off + 0.5)
            if abs(ratio - 1) > _SAME_TEMPO or abs(off) > _SAME_PHASE:
                continue
            used[cell] = 1.0
            mass += share[cell]
            rates, phases = rates + share[cell] * cell_of[RATE, cell], phases + share[cell] * off
            known += share[cell] * (cell_of[KNOWN, cell] - fact[OTHERS])
            ahead = cell_of[VARIANCE, cell] + passed * (
                2 * cell_of[SHARED, cell] + passed * cell_of[UNSURE, cell]
            )
            squares += share[cell] * (off * off + ahead)
        if mass > most:
            most, mean = mass, phases / mass
            told[0], told[1] = rates / mass, phase[one] + mean
            told[2], told[3] = mass / whole, math.sqrt(max(squares / mass - mean * mean, 0.0))
            told[4], told[5] = known / mass, fact[FIT]


ENTRIES: Final = {"begin": begin, "push": push, "ask": ask}
"""What Python calls, by name."""
