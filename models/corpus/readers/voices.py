"""Tunes in ABC as scores: each voice a part, repeats played out, without what accompanies chord symbols."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from models.abc.reader import feed, finish
from models.abc.state import BEAT, Sounded, State
from models.contract.grid import TICKS
from models.corpus.pieces import WHOLE, Ints, Part, Score

LOUD: Final = 90
"""The velocity of all notes: tunes do not say."""
_FIFTHS: Final = (0, 2, 4, -1, 1, 3, 5)
"""Of C to B, how many fifths they lie above C."""
_RELATIVE: Final = 3
"""Fifths that the tonic of a minor key lies above that of the major key of its sharps."""


def score_of(name: str, transcriber: str, text: str, tempi: Iterable[tuple[int, int]]) -> Score:
    """Return what a clean tune sounds like. tempi: see `models.abc.tunes.Tune`."""
    state, sounds = State(), list[Sounded]()
    metres: list[tuple[int, int, int]] = []
    keys: list[tuple[int, int, int]] = []
    first = 0
    for letter in text:
        state, more = feed(state, letter)
        sounds += more
        if not state.body or state.voice:
            continue
        first = first or state.bar
        at = _ticks(state.at)
        _note(metres, at, *(state.metre if state.metre[0] else (0, 4)))
        _note(keys, at, *_key(state))
    sounds += finish(state)[1]
    metres[0] = (_beginning(metres[0], _ticks(first)), *metres[0][1:])
    parts = tuple(_parts(sounds, state.names))
    return Score(
        name,
        parts,
        np.array(metres, np.int32),
        tempi_of(tempi),
        np.array(keys, np.int32),
        transcriber,
    )


def tempi_of(said: Iterable[tuple[int, int]]) -> Ints:
    """Return tempi by ticks; see `Score.tempi`."""
    rows = {_ticks(at): microseconds for at, microseconds in said}
    return np.array(sorted(rows.items()), np.int32).reshape(-1, 2)


def _ticks(parts: int) -> int:
    return (parts * TICKS * 2 + BEAT) // (2 * BEAT)


def _note(rows: list[tuple[int, int, int]], at: int, one: int, two: int) -> None:
    """Add what holds from a tick on, if it is another than before."""
    if rows and rows[-1][0] == at:
        rows.pop()
    if not rows or rows[-1][1:] != (one, two):
        rows.append((at, one, two))


def _beginning(metre: tuple[int, int, int], first: int) -> int:
    """Return where the first bar begins: before tick 0 where it is not full. first: its ticks."""
    length = metre[1] * WHOLE // metre[2]
    return first - length if 0 < first < length else 0


def _key(state: State) -> tuple[int, int]:
    sharps = min(max(sum(state.signature), -7), 7)
    minor = state.tonic and (_FIFTHS[state.tonic - 1] - sharps) % 7 == _RELATIVE
    return sharps, int(minor)


def _parts(sounds: list[Sounded], names: tuple[str, ...]) -> list[Part]:
    rows: dict[int, list[tuple[int, int, int, int]]] = {}
    for one in sounds:
        if one.voice >= 0:
            begin, end = _ticks(one.onset), _ticks(one.onset + one.length)
            own = rows.setdefault(one.voice, [])
            own += [(begin, pitch, LOUD, max(end - begin, 1)) for pitch in one.pitches]
    return [
        Part(names[voice] if voice < len(names) else "", 0, False, _table(own))
        for voice, own in sorted(rows.items())
    ]


def _table(rows: list[tuple[int, int, int, int]]) -> Ints:
    return np.array(sorted(rows), np.int32)
