"""Bar lines, repeats and endings: what is played again is known as soon as its end is read.

Without a sign that opens it, a repeated section begins after the last repeat or double bar line. A section
is played as often as its endings say, nine times at most: after the second ending only where a third is
named, or an ending that was read is one of more passes (1,3).
"""

import re
from typing import Final

from msgspec.structs import replace

from models.abc.echo import ends, turned
from models.abc.notes import Sounds, settle
from models.abc.state import PASSES, Ending, Sounded, State

_LINE: Final = re.compile(r"::|:\||\|:|\|\|(?!:)|\|\]|\[\||.")
_NUMBERS: Final = re.compile(r"(\d)(?:-(\d))?")


def bar_line(state: State, token: str) -> tuple[State, Sounds]:
    """Read a bar line of any kind; return what it decides, and what is played again because of it."""
    signs = token.rstrip("0123456789,-")
    numbers = token[len(signs) :]
    state = turned(state)
    sounds: Sounds = ()
    if not state.tied and not state.broken:
        state, sounds = settle(state)
    bars = state.bars + (state.at > state.bar)
    state = replace(state, altered=(), carried=True, dotted=False, bar=state.at, bars=bars)
    for line in lines(signs):
        state, more = _sign(state, line)
        sounds += more
    if numbers:
        state, more = ending(state, numbers)
        sounds += more
    return state, sounds


def lines(signs: str) -> list[str]:
    """Return the bar lines that are drawn as one."""
    return _LINE.findall(signs.replace(":|:", "::"))


def unfinished(state: State) -> bool:
    """Return whether a sign has opened a section whose end has not come."""
    return state.opened and state.playing == 1 and state.at > state.began


def ending(state: State, token: str) -> tuple[State, Sounds]:
    """Begin an ending: what came before the first is what the others follow too."""
    passes = _passes(token)
    if not passes:
        return state, ()
    state = _turned(ends(state, passes))
    sounds: Sounds = ()
    if _is_over(state) and state.playing not in passes and state.playing + 1 in passes:
        state, sounds = _played(state, state.began, state.endings[0].onset)
        state = replace(state, playing=state.playing + 1)
    endings = (*_closed(state), Ending(passes, state.at))
    return replace(state, endings=endings[-PASSES:], turn=-1), sounds


def _passes(token: str) -> tuple[int, ...]:
    passes: set[int] = set()
    for first, last in _NUMBERS.findall(token):
        passes.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(passes - {0}))


def _sign(state: State, line: str) -> tuple[State, Sounds]:
    match line:
        case ":|":
            return _again(state)
        case "::":
            state, sounds = _again(state)
            return _section(state, opened=True), sounds
        case "|:":
            return _section(state, opened=True), ()
        case "||" | "|]" | "[|":
            return _double(state), ()
        case _:
            return state, ()


def _double(state: State) -> State:
    """Where no sign has opened the section, or its endings are over, another may begin."""
    if state.opened and not state.endings:
        return state
    if state.began < 0:
        return _section(state, opened=False)
    state = _turned(state)
    return replace(state, endings=_closed(state), turn=state.at)


def _section(state: State, *, opened: bool) -> State:
    """What follows is a section of its own."""
    return replace(state, section=(), began=state.at, opened=opened, playing=1, endings=(), turn=-1)


def _turned(state: State) -> State:
    """Where notes have followed, what came since the last turn is a section of its own."""
    turn = state.turn
    if turn < 0 or state.at <= turn:
        return state
    section = tuple(one for one in state.section if one.onset >= turn)
    began = turn if state.began >= 0 else -1
    return replace(
        state, section=section, began=began, opened=False, playing=1, endings=(), turn=-1
    )


def _is_over(state: State) -> bool:
    """Return whether the last ending that was read has ended."""
    return bool(state.endings) and state.endings[-1].until >= 0


def _closed(state: State) -> tuple[Ending, ...]:
    endings = state.endings
    if endings and not _is_over(state):
        return (*endings[:-1], replace(endings[-1], until=state.at))
    return endings


def _again(state: State) -> tuple[State, Sounds]:
    """Play the section again, with every ending that is known, up to one that is not."""
    state, sounds = settle(replace(state, broken=0, tied=()))
    state = _turned(state)
    if state.began < 0 or state.at <= state.began:
        return _section(state, opened=False), sounds
    endings = _closed(state)
    if not endings:
        state, more = _played(state, state.began, state.at)
        return _section(state, opened=False), sounds + more
    playing = state.playing
    while playing < PASSES:
        known = next((one for one in endings if playing + 1 in one.passes), None)
        if known is None and playing > 1:
            break
        playing += 1
        state, more = _played(state, state.began, endings[0].onset)
        sounds += more
        if known is None:
            break
        state, more = _played(state, known.onset, known.until)
        sounds += more
    return replace(state, playing=playing, endings=endings, turn=state.at), sounds


def _played(state: State, begin: int, until: int) -> tuple[State, Sounds]:
    ahead = state.at - begin
    again = tuple(
        Sounded(one.onset + ahead, one.length, one.pitches, one.voice)
        for one in state.section
        if begin <= one.onset < until
    )
    at = state.at + until - begin
    return replace(state, at=at, bar=at, last=0, strummed=at), again
