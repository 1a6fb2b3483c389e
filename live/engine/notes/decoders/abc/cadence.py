"""Where a section of a tune ends, and the note on which it is to end."""

from typing import Final

from live.engine.notes.decoders.abc.pitches import SIGNS
from live.engine.notes.decoders.abc.sections import section
from models.abc.keys import LETTERS
from models.abc.reader import closed
from models.abc.state import State

PHRASE: Final = 8
"""Bars after which a section ends."""


def homing(state: State, whole: int) -> frozenset[str]:
    """Return the letters of the tonic where a section of eight bars comes to its last notes, else none.

    whole: the parts of a bar. What carries a sign of its own is not the tonic.
    """
    token = state.token
    if not state.tonic or token in SIGNS or token[:1] in ("[", "{", '"'):
        return frozenset()
    began, _ = section(state)
    bars = (state.bar - began) // whole if began >= 0 else state.bars
    if bars % PHRASE != PHRASE - 1 or 2 * (closed(state)[0].at - state.bar) < whole:
        return frozenset()
    letter = LETTERS[state.tonic - 1]
    return frozenset((letter, letter.lower()))
