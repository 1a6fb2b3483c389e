"""Whether a state that was read back is one that reading leads to, as far as its ranges do not say it."""

from typing import Final

from models.abc.chords import SYMBOL
from models.abc.state import BEAT, LONGEST, State
from models.abc.tokens import MOST

_TOKEN: Final = 2 * MOST
"""Letters of a token in a tune at most."""
_STROKES: Final = 16 * LONGEST
"""Parts that are accompanied in one go at most."""


def check(state: State) -> None:
    """Raise ValueError where a state does not fit together."""
    waiting = [one.voice for one in state.others]
    if len(set(waiting)) < len(waiting) or state.voice in waiting:
        raise ValueError("a voice is there twice")
    if max((state.voice, *waiting)) >= max(len(state.names), 1):
        raise ValueError("a voice has no name")
    for one in state.others:
        if one.others or one.names:
            raise ValueError("a voice has voices")
    for one in (state, *state.others):
        _check_one(one)


def _check_one(state: State) -> None:
    if state.body and (not state.unit or len(state.token) > _TOKEN):
        raise ValueError("a tune has no unit, or a token that has no end")
    if state.harmony:
        if not SYMBOL.fullmatch(state.harmony):
            raise ValueError("what accompanies is no chord symbol")
        if state.at - state.strummed > _STROKES:
            raise ValueError("what accompanies has too long been silent")
    if max(state.bar, state.began, state.turn, state.strummed) > state.at + BEAT:
        raise ValueError("a part of the tune begins later than the tune has come")
    if any(len(one.names) != len(one.pitches) for one in state.held):
        raise ValueError("a note that is held has no name, or several")
