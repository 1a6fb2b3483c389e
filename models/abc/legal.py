"""Which letters may come next, so that a text stays ABC: what masks a network's draw.

The grammar is narrower than the one that is read: a note has its accidental, letter, octave and length in that
order, lengths are those that are in use, what is opened is closed, and nothing is written that nobody hears.
Whatever the state, some letter may come, and from each a tune's end can be reached.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from models.abc.chords import KINDS
from models.abc.reader import closed, in_field
from models.abc.repeats import unfinished
from models.abc.state import State
from models.abc.tokens import kind

NOTES: Final = frozenset("ABCDEFGabcdefg")
ACCIDENTALS: Final = frozenset("^_=")
_BEGINS: Final = NOTES | ACCIDENTALS
_DIGITS: Final = frozenset("123456789")
_NUMBERS: Final = frozenset(("1", "2", "3", "4", "1,3", "2,4"))
_LINES: Final = ("|", "||", "|]", "|:", ":|", "::")
_BARS: Final = frozenset(
    (*_LINES, *(f"{line}{number}" for line in ("|", ":|") for number in _NUMBERS))
)
_ENDINGS: Final = frozenset(f"[{number}" for number in _NUMBERS)
_KEYS: Final = frozenset(
    f"{tonic}{sign}{mode}"
    for tonic in "ABCDEFG"
    for sign in ("", "#", "b")
    for mode in ("", "m", "mix", "dor", "phr", "lyd", "loc")
) | {"Hp", "none"}
_METRES: Final = frozenset(("C", "C|", "none")) | frozenset(
    f"{beats}/{over}" for beats in range(1, 33) for over in (1, 2, 4, 8, 16)
)
_UNITS: Final = frozenset(("1/1", "1/2", "1/4", "1/8", "1/16", "1/32"))
_FIELDS: Final = {"K": _KEYS, "M": _METRES, "L": _UNITS}
_OVER: Final = frozenset(("2", "4", "8", "16", "32", "3"))
_INNER: Final = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])?([,']*)(\d*)(/*)(\d*)(-?)$")
_LENGTH: Final = re.compile(r"(\d*)(/*)(\d*)$")
_HIGHEST: Final = 2
"""Octave marks after a letter."""
_TOGETHER: Final = 6
"""Notes of a chord, or before one note."""
_SYMBOLS: Final = frozenset(
    f'"{root}{sign}{name}"' for root in "ABCDEFG" for sign in ("", "#", "b") for name in KINDS
)


def legal(state: State) -> frozenset[str]:
    """Return the letters that may come next; none once the tune has ended."""
    if state.ended:
        return frozenset()
    if not state.body:
        return _head(state)
    more, whole = _goes_on(state)
    return more | _next(closed(state)[0], state.token) if whole else more


def _head(state: State) -> frozenset[str]:
    token = state.token
    if token:
        return _field(token[0], token[2:], "\n") if len(token) > 1 else frozenset(":")
    # M: gives a unit, L: says that it has given one.
    return frozenset("K" if state.given else "L" if state.unit else "M")


def _field(name: str, said: str, end: str) -> frozenset[str]:
    """Return what goes on a field, or ends it."""
    more, whole = _prefixed(_FIELDS.get(name, _KEYS), said)
    return more | {end} if whole else more


@lru_cache(1 << 10)
def _prefixed(words: frozenset[str], begun: str) -> tuple[frozenset[str], bool]:
    """Return the letters that lead on to a word, and whether what has begun is one."""
    size = len(begun)
    more = frozenset(word[size] for word in words if word.startswith(begun) and len(word) > size)
    return more, begun in words or not more


def _goes_on(state: State) -> tuple[frozenset[str], bool]:
    """Return what goes on the token, and whether it may end here."""
    token = state.token
    if not token:
        return frozenset(), True
    if in_field(state):
        return _field(token[0], token[2:], "\n"), False
    what = kind(token)
    if (state.fresh and token in _FIELDS) or (token[0] == "[" and token[1:] in _FIELDS):
        return frozenset(":"), False
    match what:
        case "note" | "rest":
            return _inner(token)
        case "bracket":
            return _BEGINS | _opening(state), False
        case "chord":
            return _many(token, "]")
        case "grace":
            return _many(token, "}")
        case "field":
            return (frozenset(), True) if token[-1] == "]" else (_in_line(token), False)
        case "bar" | "ending":
            return _line(state, token)
        case "text":
            return _prefixed(_SYMBOLS, token)
        case _:
            return _sign(state, token, what)


def _in_line(token: str) -> frozenset[str]:
    return frozenset(":") if len(token) == 2 else _field(token[1], token[3:], "]")


def _opening(state: State) -> frozenset[str]:
    """Return what may stand after a bracket besides the notes of a chord."""
    if state.at == state.bar:
        return frozenset("12KML")
    return frozenset()


def _line(state: State, token: str) -> tuple[frozenset[str], bool]:
    more, whole = _prefixed(_ENDINGS if token[0] == "[" else _BARS, token)
    if token == "|" and state.at == state.bar:
        # Nothing came since the last bar line: this one opens a section, or an ending.
        return more & frozenset(":12"), False
    return more, whole


def _sign(state: State, token: str, what: str) -> tuple[frozenset[str], bool]:
    if what == "broken":
        return frozenset(token[0]) if len(token) < 2 else frozenset(), True
    if token == "(" and state.tuplet is None:
        return frozenset("23456789"), True
    return frozenset(), True


@lru_cache(1 << 12)
def _inner(token: str) -> tuple[frozenset[str], bool]:
    """Return what goes on a note or a rest, and whether it may end here."""
    if token[0] in "zx":
        return _length(token[1:])
    found = _INNER.search(token)
    if not found or not found[2]:
        double = {token} if token in ("^", "_") else set()
        return NOTES | double, False
    octaves = "'" if found[2].islower() else ","
    more, whole = _length("".join(found.groups()[3:6]))
    if not (found[4] or found[5]) and len(found[3]) < _HIGHEST:
        more |= {octaves}
    return more, whole


@lru_cache(1 << 10)
def _length(written: str) -> tuple[frozenset[str], bool]:
    found = _LENGTH.match(written)
    times, slashes, over = found.groups() if found else ("", "", "")
    if over:
        return _prefixed(_OVER, over)
    if len(slashes) == 2:
        return frozenset(), True
    if slashes:
        return _prefixed(_OVER, "")[0] | {"/"}, True
    digits = _DIGITS if not times else frozenset("0123456") if times == "1" else frozenset()
    return digits | {"/"}, True


@lru_cache(1 << 12)
def _many(token: str, end: str) -> tuple[frozenset[str], bool]:
    """Return what goes on a chord or grace notes, and whether they may end here."""
    inside, sign, length = token[1:].partition(end)
    if sign:
        return _length(length) if end == "]" else (frozenset(), True)
    found = _INNER.search(inside)
    written = found[0] if found else ""
    if not written:
        return _BEGINS, False
    if written[-1] == "-":
        more, whole = frozenset[str](), True
    else:
        more, whole = _inner(written)
    if not whole:
        return more, False
    count = sum(letter in NOTES for letter in inside)
    more |= {end} | (_BEGINS if count < _TOGETHER else frozenset())
    return more | {"-"} if end == "]" and written[-1] != "-" else more, False


def _next(state: State, before: str) -> frozenset[str]:
    """Return what may begin after a token that has ended."""
    letters: set[str] = set(_BEGINS)
    letters.update("[(")
    if state.dotted:
        return frozenset(letters)
    sounded = before == ")" or (bool(before) and kind(before) in ("note", "chord", "rest"))
    letters.update(".zx")
    letters.update(" " if before not in ("", " ") else "")
    if state.graces:
        return frozenset(letters)
    letters.update('{"' if before[-1:] != '"' else "{")
    letters.update(")" if sounded or kind(before) == "broken" else "")
    if state.broken:
        return frozenset(letters)
    if sounded and state.last:
        letters.update("<>")
        letters.update("-" if state.held and not state.tied else "")
    letters.update(_breaks(state, before))
    return frozenset(letters)


def _breaks(state: State, before: str) -> Iterable[str]:
    """Return the bar lines, line ends and fields that may come."""
    if state.fresh:
        if not before:
            yield from "KMLV" if state.names else "KML"
            if _may_end(state):
                yield "\n"
    elif before != " " and state.tuplet is None:
        yield "\n"
    if kind(before) in ("bar", "ending") or state.tuplet is not None:
        return
    yield "|"
    if state.at > state.bar:
        yield ":"


def _may_end(state: State) -> bool:
    notes = state.held or state.section or state.bars
    return bool(notes) and not unfinished(state) and state.tuplet is None
