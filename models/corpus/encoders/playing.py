"""What encoders make of notes as somebody plays them: in which key, when they count from, gaps, and keys still down."""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.grid import TICKS
from models.contract.spans import TIMES, time_code
from models.corpus.perform import places
from models.corpus.pieces import Ints, Longs

MOVES: Final = range(-5, 7)
"""By how many semitones music is moved to be in all keys."""
LOWEST, HIGHEST = 21, 108
"""The piano's keys; what lies outside stays where it is, and nothing is moved out of them."""
CUT: Final = 0.5
"""The share of windows in which a player's keys are still down at some moment."""
HANDS: Final = 10
"""As many of the last notes as can be down at once."""
FINE: Final = 49
"""Gaps shorter than this many ticks each have a class of their own."""

_TIMES = np.array(TIMES)


def moves(low: int, high: int) -> range:
    """Return the moves after which music from one pitch to another is still on the piano; 0 is always one."""
    least = min(max(MOVES[0], LOWEST - low), 0)
    most = max(min(MOVES[-1], HIGHEST - high), 0)
    return range(least, most + 1)


def drawn_move(pitches: Longs, rng: Generator) -> int:
    """Return by how many semitones these pitches are moved, one at least: each move is as likely."""
    able = moves(int(pitches.min()), int(pitches.max()))
    return int(rng.integers(able[0], able[-1] + 1))


def gaps(onsets: Longs, origin: int) -> tuple[Longs, Longs]:
    """Return the classes of the gaps before onsets (n,), rising, and the onsets that these classes lead to.

    origin: the tick from which the first one's time is counted. A gap that has no class of its own moves the
    onset to the nearest class, and the next gap is counted from where it was moved to.
    """
    codes = np.maximum(np.diff(onsets, prepend=origin), 0)
    if codes.max() >= FINE:
        at = origin
        for index, onset in enumerate(onsets.tolist()):
            codes[index] = time_code(max(onset - at, 0))
            at += TIMES[codes[index]]
    return codes, origin + np.cumsum(_TIMES[codes])


def origin_of(first: int, bars: Ints, rng: Generator) -> int:
    """Return the tick of the start: the first note's bar, the note itself, or some beats before it."""
    place = places(np.array([first]), bars)[0]
    choice = rng.random()
    if choice < 0.5 and place[2]:
        return first - int(place[0]) * TICKS - int(place[1])
    if choice < 0.75:
        return first
    return first - int(place[1]) - TICKS * int(rng.integers(0, 5))


def held_keys(onsets: Longs, ends: Longs, rng: Generator) -> NDArray[np.bool_]:
    """Return which notes are taken as keys still down: some that sound on at a random moment."""
    held = np.zeros(len(onsets), bool)
    if rng.random() >= CUT:
        return held
    moment = int(rng.integers(len(onsets) // 4, len(onsets)))
    recent = slice(max(moment + 1 - HANDS, 0), moment + 1)
    sounding = ends[recent] > onsets[moment]
    held[recent] = sounding & (rng.random(len(sounding)) < 0.5)
    return held
