"""Sections of a tune, which may be played again: what opens them, their endings, and whether they fill their bars."""

from typing import Final

from models.abc.reader import feed
from models.abc.state import Ending, State
from models.abc.tokens import kind

_AGAIN: Final = 256
"""Notes that are played again at most."""


def opening(state: State, before: str) -> frozenset[str]:
    """Return what may open a section, or an ending, right after a bar line."""
    lined = bool(before) and kind(before) in ("bar", "ending")
    opened = state.opened and state.turn != state.at
    return endings_of(state) if opened or lined else endings_of(state) | {"|:"}


def section(state: State) -> tuple[int, tuple[Ending, ...]]:
    """Return where what may be played again begins, and its endings."""
    if 0 <= state.turn < state.at:
        return state.turn if state.began >= 0 else -1, ()
    return state.began, state.endings


def endings_of(state: State) -> frozenset[str]:
    """Return the signs of endings that may stand right after a bar line."""
    if state.at != state.bar:
        return frozenset()
    began, endings = section(state)
    if not endings and 0 <= began < state.at:
        return frozenset(("[1",))
    if len(endings) == 1 and state.at == state.turn:
        return frozenset(("[2",))
    return frozenset()


def comes_back(state: State, line: str, whole: int) -> bool:
    """Return whether what a line plays again fills bars of `whole` parts, and is not too much."""
    after, sounds = state, 0
    for letter in line + " ":
        after, more = feed(after, letter)
        sounds += len(more)
    return (after.at - state.at) % whole == 0 and sounds <= _AGAIN
