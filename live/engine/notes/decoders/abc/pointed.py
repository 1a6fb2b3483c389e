"""What of a tune can come back: its letters, each where it stands, from bar line to bar line."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.history import Moment
from live.engine.notes.pointer import RHYTHM, Place, Places, Pointer
from live.time.clock import Bars
from models.abc.tokens import kind

_FIELD: Final = re.compile(r"\[[A-Z]:[^\]]*\]")
NOTES: Final = "CDEFGABcdefgab"
"""Letters of notes, from the lowest up: one is a step of the scale."""


class Letters:
    """See `Tracing`: each letter of the tune itself, as its code. Those of a bar line are a tick before it."""

    steps: float = 2.0
    lines: bool = True

    def __init__(self, letters: Sequence[str]) -> None:
        self._letters = letters
        known = {letter: code for code, letter in enumerate(letters)}
        self._notes = [known.get(letter, RHYTHM) for letter in NOTES]

    def front(self, moment: Moment) -> int:
        """Return the end of the text, or right after the beginning of a note that is not over."""
        tune = _tune(moment)
        return tune.tick_of(tune.state.at) + (not _on_line(tune))

    def trace(self, moment: Moment, before: Moment) -> Place | None:
        """Return a letter's place and code."""
        tune, was, code = _tune(moment), _tune(before), int(moment.codes[0])
        if not moment.fed or moment.anew or not was.state.body or self._letters[code].isspace():
            return None
        # Of what was heard, a note is over with its last letter.
        at = tune.state.at if tune.state.token else was.state.at
        return tune.tick_of(at) - _on_line(tune), code

    def recast(self, places: Places, trail: Places, since: int, knobs: NoteKnobs) -> Places:
        """Return the same letters without fields: in another key the whole text sounds in that."""
        text = "".join(self._letters[code] for _, code in places)
        fields = {at for found in _FIELD.finditer(text) for at in range(*found.span())}
        return tuple(place for at, place in enumerate(places) if at not in fields)

    def rhythm(self, places: Places) -> Places:
        """Return nothing: which letters make a rhythm depends on those before."""
        return ()

    def elsewhere(self, places: Places, by: int, knobs: NoteKnobs) -> Places:
        """Return letters of notes so many steps higher in the key of the text; what goes beyond is left open."""
        return tuple((tick, self._moved(code, by)) for tick, code in places)

    def _moved(self, code: int, by: int) -> int:
        letter = self._letters[code] if code >= 0 else ""
        if not letter or letter not in NOTES:
            return code
        place = NOTES.index(letter) + by
        return self._notes[place] if 0 <= place < len(NOTES) else RHYTHM


def wanted(pointer: Pointer | None, cursor: Tune) -> int | None:
    """Return the letter that the voice points at, `RHYTHM` where any may stand; None where it points at none yet."""
    if pointer is None or not pointer.places or cursor.tick_of(cursor.state.at) < pointer.begins:
        return None
    return pointer.places[0][1]


def left(pointer: Pointer, wanted: int | None, code: int, after: Tune, bars: Bars) -> Pointer:
    """Return what is left to come after a letter; where it is another, the text is joined on the next bar line."""
    if wanted is None or after.state.token.isspace():
        return pointer
    if not pointer.away and wanted in (code, RHYTHM):
        return replace(pointer, places=pointer.places[1:])
    here = after.tick_of(after.state.at)
    if pointer.away:
        return replace(pointer, places=tuple(one for one in pointer.places if one[0] >= here))
    line = bars.next_bar(here + (not _on_line(after)))
    places = tuple(one for one in pointer.places if one[0] >= line)
    return replace(pointer, begins=line, places=places)


def again(token: str) -> frozenset[str]:
    """Return the letters with which a token would have something played again."""
    return frozenset(":12") if token in ("|", "[") else frozenset(":")


def _on_line(tune: Tune) -> bool:
    return kind(tune.state.token) == "bar" if tune.state.token else False


def _tune(moment: Moment) -> Tune:
    assert isinstance(moment.cursor, Tune)
    return moment.cursor
