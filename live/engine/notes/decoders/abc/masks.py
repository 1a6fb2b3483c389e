"""Which letters may come next in a tune: those from which its bars can be filled, in key and in time."""

import re
from dataclasses import replace
from typing import Final

from msgspec import structs

from live.engine.notes.decoders.abc.cursor import PART
from live.engine.notes.decoders.abc.lengths import lengths, letters, no_longer, tuplets
from live.engine.notes.decoders.abc.now import Now
from live.engine.notes.decoders.abc.pitches import marks, reached, signs, symbols
from live.engine.notes.decoders.abc.sections import comes_back, endings_of, opening, section
from models.abc.notes import pitch_of
from models.abc.reader import closed
from models.abc.repeats import unfinished
from models.abc.state import State
from models.abc.tokens import kind

BARS: Final = 8
"""Bars that a tune has at least."""
MOST: Final = 64
"""Bars after which it ends."""
_TOGETHER: Final = 4
"""Notes of a chord, or grace notes before one, at most."""
_NOTE: Final = re.compile(r"(\^|=|_)?([A-Ga-g])?([,']*)([\d/]*)$")
_INNER: Final = re.compile(r"([A-Ga-g])([,']*)$")
_NOTHING: Final[frozenset[str]] = frozenset()


def legal(now: Now) -> frozenset[str]:
    """Return the letters that may come next, after K: has been read."""
    state = now.cursor.state
    more, whole = _goes_on(state, now.guarded(state))
    if not (more or whole):
        # What was begun before anything refused it is written to its end.
        more, whole = _goes_on(state, now)
    if not whole:
        return more
    after, sounds = closed(state)
    now = now.guarded(after, sounds)
    if sounds:
        ends = (one.onset + one.length for one in sounds if one.voice >= 0)
        quiet = max((now.cursor.quiet, *ends))
        now = now._replace(cursor=replace(now.cursor, quiet=quiet))
    return more | _begins(after, state.token, now)


def _goes_on(state: State, now: Now) -> tuple[frozenset[str], bool]:
    """Return what goes on a token, and whether it may end."""
    token = state.token
    match kind(token) if token else "":
        case "note":
            return _note(state, now)
        case "rest":
            words = _rests(state, now)
            return letters(words, token[1:]), token[1:] in words
        case "bar" | "ending":
            words = _lines(structs.replace(state, token=""), now, "")
            return letters(words, token), token in words
        case "bracket":
            notes = _plain(state, now) if _joins(state, now) else _NOTHING
            whole = structs.replace(state, token="")
            endings = frozenset(one for one in endings_of(state) if now.lets(whole, one))
            return notes | letters(endings, token), False
        case "chord":
            return _chord(state, now)
        case "grace":
            return _grace(state, now)
        case "text":
            words = symbols(now.harmony, now.alphabet)
            return letters(words, token), token in words
        case "tuplet" if token == "(" and state.tuplet is None and not state.broken:
            return tuplets(state, now.room(state.at)), True
        case _:
            return _NOTHING, True


def _note(state: State, now: Now) -> tuple[frozenset[str], bool]:
    found = _NOTE.match(state.token)
    if found is None:
        return _NOTHING, True
    sign, letter, octaves, length = (part or "" for part in found.groups())
    if not letter:
        return reached(state, sign, now.allowed), False
    more = marks(state, sign, letter, octaves, now.allowed) if not length else _NOTHING
    if pitch_of(state, sign, letter, octaves) not in now.allowed:
        return more, False
    words = now.lengths(state)
    return more | letters(words, length), length in words


def _rests(state: State, now: Now) -> frozenset[str]:
    """Return the lengths that a rest may have: nobody is silent for longer than a bar."""
    quiet = max((now.cursor.quiet, *(one.onset + one.length for one in state.held)))
    until = quiet + now.whole
    if now.ceiling >= 0:
        until = min(until, now.ceiling)
    words = lengths(state, now.room(state.at))
    if state.at == now.lands:
        return _NOTHING
    if state.tuplet is not None or state.broken:
        return words if state.at + state.last <= until else _NOTHING
    return no_longer(words, state.unit, until - state.at)


def _plain(state: State, now: Now) -> frozenset[str]:
    return reached(state, "", now.allowed)


def _chord(state: State, now: Now) -> tuple[frozenset[str], bool]:
    inside, bracket, length = state.token[1:].partition("]")
    if bracket:
        words = now.lengths(state)
        return letters(words, length), length in words
    return _several(state, inside, min(now.polyphony, _TOGETHER), 2, "]", now), False


def _grace(state: State, now: Now) -> tuple[frozenset[str], bool]:
    inside, brace, _ = state.token[1:].partition("}")
    if brace:
        return _NOTHING, True
    return _several(state, inside, _TOGETHER, 1, "}", now), False


def _several(
    state: State, inside: str, most: int, least: int, end: str, now: Now
) -> frozenset[str]:
    """Return what goes on notes in brackets: plain letters, from `least` to `most` of them."""
    found = _INNER.search(inside)
    if found is None:
        return _plain(state, now)
    letter, octaves = found.groups()
    more = marks(state, "", letter, octaves, now.allowed)
    if pitch_of(state, "", letter, octaves) not in now.allowed:
        return more
    count = sum(one.isalpha() for one in inside)
    if count < most:
        more |= _plain(state, now)
    return more | {end} if count >= least else more


def _begins(state: State, before: str, now: Now) -> frozenset[str]:
    """Return what may begin after a token that has ended: `before`."""
    found: set[str] = set()
    room, on_line = now.room(state.at), now.cursor.room(now.bars, state.at)[1]
    is_whole = on_line and state.at > state.bar
    group = state.tuplet is not None or bool(state.broken)
    over = state.bars >= MOST and state.at == state.bar and not group
    if not is_whole and not over and not 0 <= now.lands < state.at:
        if now.lengths(state):
            found |= _plain(state, now) | signs(state, now.allowed)
            found |= _before_notes(state, before, now)
        if _rests(state, now):
            found |= {"z"}
    if not now.idle and not over:
        found |= _after_notes(state, before, 0 if is_whole or state.at == now.lands else room)
        if state.at == now.lands:
            # Nothing that is played before goes on in the last note.
            found.discard("-")
    if not over and not (now.idle and state.at == state.bar):
        found |= {line[0] for line in _lines(state, now, before)}
    return frozenset(found | _ends(state, before, now, over))


def _before_notes(state: State, before: str, now: Now) -> set[str]:
    """Return what may stand before a note."""
    if now.idle or state.dotted:
        return set()
    found = set()
    plain = bool(_plain(state, now))
    if plain and _joins(state, now):
        found.add("[")
    if plain and not state.graces:
        if state.at != now.lands:
            found.add("{")
        if before[-1:] != '"' and symbols(now.harmony, now.alphabet):
            found.add('"')
    if before != ".":
        found.add(".")
    if before != "(" and state.at != now.lands:
        found.add("(")
    return found


def _joins(state: State, now: Now) -> bool:
    """Return whether notes may sound together: what joins a tied one would sound before that is decided."""
    return now.polyphony > 1 and not state.tied


def _after_notes(state: State, before: str, room: int) -> set[str]:
    """Return what may stand after a note."""
    found = set()
    if before not in (" ", "(") and not (state.fresh and not before):
        found.add(" ")
    what = kind(before) if before else ""
    if what in ("note", "chord", "rest"):
        found.add(")")
    if what in ("note", "chord") and state.held and state.tuplet is None and not state.broken:
        last = state.last
        if max(one.length for one in state.held) <= state.unit * 4:
            found.add("-")
        if state.at > state.bar and last >= state.unit // 2 and _can_break(state, room):
            found |= {">", "<"}
    return found


def _can_break(state: State, room: int) -> bool:
    """Return whether another note of the same length has room in the bar."""
    return room >= state.last and bool(lengths(structs.replace(state, broken=1), room))


def _ends(state: State, before: str, now: Now, over: bool) -> set[str]:
    """Return the end of the line, or of the tune: that is an empty line after a bar line."""
    if state.tuplet is not None or state.broken or state.graces or state.dotted:
        return set()
    if state.fresh:
        ends = state.bars >= BARS and not unfinished(state) and now.lands < 0
        may = over or (state.at == state.bar and ends)
        return {"\n"} if may and not before else set()
    return {"\n"} if over or (before != " " and not now.idle) else set()


def _lines(state: State, now: Now, before: str) -> frozenset[str]:
    """Return the bar lines of all kinds that may come."""
    if state.tuplet is not None or state.broken or state.graces or state.dotted:
        return _NOTHING
    found = opening(state, before) if state.at == state.bar else _closing(state, now)
    known = (line for line in found if now.alphabet.issuperset(line))
    return frozenset(line for line in known if now.lets(state, line))


def _closing(state: State, now: Now) -> set[str]:
    """Return the lines that may end a bar: a section that is played again has whole bars."""
    found: set[str] = set()
    began, endings = section(state)
    if replace(now.cursor, state=state).opens(now.bars) and state.at % PART == 0:
        found |= {"|", "|:"}
    if now.cursor.room(now.bars, state.at)[1]:
        found |= {"|", "||", "|]", "|:"}
        if not endings and 0 <= began < state.at - now.whole:
            found.add("|1")
    whole = began >= 0 and state.at - began >= 2 * now.whole
    if whole and (state.at - began) % now.whole == 0:
        found |= {"||", "|]"}
        if now.lands >= 0:
            # What came back would pass by the last note.
            return found
        again = [":|", "::"]
        if len(endings) == 1 and endings[0].until < 0:
            again.append(":|2")
        found.update(one for one in again if comes_back(state, one, now.whole))
    return found
