"""Where a tune that was broken off is to end: with the last bar of it that was heard whole."""

from typing import Final

from models.abc.reader import closed, feed
from models.abc.state import State
from models.abc.tokens import kind

_ENDS: Final = frozenset(":]")
"""What in a bar line ends a section, of whose bars the last may lack an upbeat."""


def whole_bars(tune: str, heard: int, bar: int) -> tuple[str, int]:
    """Return a tune up to the end of its last whole bar, and how many bars that is.

    heard: how far it was heard; bar: how long bars are; in parts. A section that was being played again stays whole.
    """
    state, found, bars = State(), "", 0
    for index, letter in enumerate(tune, 1):
        state, _ = feed(state, letter)
        after, _ = closed(state)
        if not state.body or state.at > heard:
            continue
        text = tune[:index]
        line = kind(state.token) == "bar"
        if line and (state.at - state.bar == bar or _ENDS.intersection(state.token)):
            found, bars = text, after.bars
        elif not line and after.at <= heard and after.at - after.bar == bar:
            found, bars = f"{text.rstrip()}|", after.bars + 1
    return found, bars
