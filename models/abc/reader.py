"""ABC read letter by letter, after the ABC standard 2.1: what sounds is told as soon as the letters decide it.

`feed` is a pure step: whoever keeps an old state can read on from there, in another way.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from models.abc import chords, notes, repeats
from models.abc.echo import wrote
from models.abc.fields import field
from models.abc.notes import Sounds, settle
from models.abc.state import Sounded, State
from models.abc.tokens import BODY_FIELDS, extended, goes_on, kind, unclosed


def feed(state: State, letter: str) -> tuple[State, Sounds]:
    """Read one letter; return the state after it, and what the letters have decided, oldest first.

    Whatever is written, nothing is raised; what no reader knows is passed over.
    """
    if state.ended:
        return state, ()
    after, sounds = _fed(state, letter)
    return wrote(state, letter, after), sounds


def _fed(state: State, letter: str) -> tuple[State, Sounds]:
    if letter == "\n":
        return _line_end(state)
    token = state.token
    if token and _extends(state, letter):
        return replace(state, token=extended(token, letter)), ()
    if unclosed(state.token) and not in_field(state):
        state, sounds = _reread(state)
        state, more = _fed(state, letter)
        return state, sounds + more
    state, sounds = closed(state)
    return replace(state, token=letter), sounds


def finish(state: State) -> tuple[State, Sounds]:
    """Decide what hangs, as if the text ended here."""
    state, sounds = closed(state)
    state, last = settle(replace(state, tied=(), broken=0))
    for one in state.others:
        sounds += settle(one)[1]
    others = tuple(settle(one)[0] for one in state.others)
    return replace(state, others=others), sounds + last


def read_on(text: str) -> State:
    """Return what is known after a text that may go on."""
    state = State()
    for letter in text:
        state, _ = feed(state, letter)
    return state


def read(text: str) -> list[Sounded]:
    """Return what a whole tune sounds like, repeats played out."""
    state = State()
    sounds: list[Sounded] = []
    for letter in text:
        state, more = feed(state, letter)
        sounds += more
    return sounds + list(finish(state)[1])


def in_field(state: State) -> bool:
    """Return whether a line is read that is none of the tune itself: of the head, a field's, or a comment."""
    token = state.token
    if not state.fresh or not token:
        return False
    if not state.body or token[0] == "%":
        return True
    return len(token) > 1 and token[1] == ":" and token[0] in BODY_FIELDS


def _extends(state: State, letter: str) -> bool:
    if in_field(state):
        return True
    if state.fresh and letter == ":" and state.token in BODY_FIELDS:
        return True
    return goes_on(state.token, letter)


def _line_end(state: State) -> tuple[State, Sounds]:
    empty = state.fresh and not state.token.strip()
    state, sounds = closed(state)
    if not (empty and state.body):
        return replace(state, fresh=True), sounds
    state, last = finish(state)
    return replace(state, ended=True), sounds + last


def closed(state: State) -> tuple[State, Sounds]:
    """Return the state once the token has ended, and what that decides."""
    sounds: Sounds = ()
    if unclosed(state.token) and not in_field(state):
        state, sounds = _reread(state)
    token = state.token
    if not token:
        return state, sounds
    line = in_field(state)
    fresh = state.fresh and token.isspace()
    state = replace(state, token="", fresh=fresh)
    if line:
        return (state if token[0] == "%" else field(state, token)), sounds
    handler = _HANDLERS.get(kind(token))
    state, more = handler(state, token) if handler else (state, ())
    state, accompanied = chords.strokes(state)
    return state, sounds + more + accompanied


def _reread(state: State) -> tuple[State, Sounds]:
    """Read what follows such a sign as what it is."""
    letters = state.token[1:]
    sounds: Sounds = ()
    state = replace(state, token="", fresh=False)
    for letter in letters:
        state, more = _fed(state, letter)
        sounds += more
    return state, sounds


def _other(state: State, token: str) -> tuple[State, Sounds]:
    if token == "-":
        return notes.tie(state), ()
    if token == ".":
        return replace(state, dotted=True), ()
    return state, ()


_HANDLERS: Final[Mapping[str, Callable[[State, str], tuple[State, Sounds]]]] = MappingProxyType(
    {
        "note": notes.note,
        "rest": notes.rest,
        "chord": notes.chord,
        "grace": notes.grace,
        "broken": notes.broken,
        "tuplet": notes.tuplet,
        "text": chords.text,
        "bar": repeats.bar_line,
        "ending": repeats.ending,
        "field": lambda state, token: (field(state, token), ()),
        "other": _other,
    }
)
"""Who reads a token, by its kind; what is not here has no sound: ornaments, comments."""
