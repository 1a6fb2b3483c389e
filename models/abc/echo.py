"""What stood at the same place some bars ago: a tune comes back to its bars, and whoever writes it should see them.

Bars are counted as they are written. Upbeats count for none, and a second ending stands for the first.
"""

from typing import Final

from msgspec.structs import replace

from models.abc.state import WHOLE, Bar, State
from models.abc.tokens import kind

LAGS: Final = (1, 2, 4, 8)
"""How many bars ago."""
STREAK: Final = 15
"""Letters in a row that were as before, at most."""
MOST: Final = 64
"""Places of a bar that are remembered, and letters of a place: without bar lines a tune is one bar."""


def echoes(state: State) -> tuple[str, ...]:
    """Return, for each of `LAGS`, the letter that came next then; nothing where none did."""
    if kind(state.token) == "bar":
        state = turned(state)
    bars = (*state.past, state.here)
    return tuple(_after(bars, lag) for lag in LAGS)


def wrote(before: State, letter: str, after: State) -> State:
    """Return the state after a letter, with the letter remembered."""
    if not before.body or after.ended or letter.isspace():
        return after
    agreed = [
        min(count + 1, STREAK) if one == letter else 0
        for one, count in zip(echoes(before), before.agreed, strict=True)
    ]
    here, place = after.here, after.at - after.bar
    known = here[-1][1] if here and here[-1][0] == place else ""
    if len(known) < MOST and (known or len(here) < MOST):
        here = (*(here[:-1] if known else here), (place, known + letter))
    return replace(after, here=here, agreed=(agreed[0], agreed[1], agreed[2], agreed[3]))


def turned(state: State) -> State:
    """Return the state with its bar among those before, once the line is read that ends it."""
    beats, over = state.metre
    length = state.at - state.bar
    if not length or 2 * length * over < beats * WHOLE:
        return replace(state, here=())
    past = (*state.past, state.here)[-LAGS[-1] :]
    return replace(state, past=past, here=(), since=state.since + 1)


def ends(state: State, passes: tuple[int, ...]) -> State:
    """Return the state as an ending begins: after the first, the bars of the one before it are not counted."""
    past = state.past
    if 1 not in passes and state.since:
        past = past[: -state.since]
    return replace(state, past=past, since=0)


def _after(bars: tuple[Bar, ...], lag: int) -> str:
    """Return the letter, so many bars before the last one, that followed those of the last one's last place."""
    *_, here = bars
    if len(bars) <= lag:
        return ""
    then = bars[-1 - lag]
    if not here:
        return then[0][1][:1] if then else ""
    place, letters = here[-1]
    nth = len(letters)
    for number, (at, known) in enumerate(then):
        if at == place:
            if nth < len(known):
                return known[nth]
            return then[number + 1][1][0] if number + 1 < len(then) else ""
    return ""
