"""What of a tune can come back: its letters, each where it stands, from bar line to bar line."""

from msgspec.structs import replace

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.history import Moment
from live.engine.notes.pointer import RHYTHM, Place, Places, Pointer
from live.time.clock import Bars
from models.abc.tokens import kind


class Letters:
    """See `Tracing`: each letter of the tune itself, as its code. Those of a bar line are a tick before it."""

    steps: float = 2.0
    lines: bool = True

    def front(self, moment: Moment) -> int:
        """Return the end of the text, or right after the beginning of a note that is not over."""
        tune = _tune(moment)
        return tune.tick_of(tune.state.at) + (not _on_line(tune))

    def trace(self, moment: Moment, before: Moment) -> Place | None:
        """Return a letter's place and code."""
        tune = _tune(moment)
        if not moment.fed or moment.anew or not _tune(before).state.body or not tune.state.token:
            return None
        return tune.tick_of(tune.state.at) - _on_line(tune), int(moment.codes[0])

    def recast(self, places: Places, trail: Places, since: int, knobs: NoteKnobs) -> Places:
        """Return the same letters: in another key the whole text sounds in that."""
        return places


def wanted(pointer: Pointer | None, cursor: Tune) -> int:
    """Return the letter that the voice points at, -1 where it points at none, or not yet."""
    if pointer is None or not pointer.places or cursor.tick_of(cursor.state.at) < pointer.begins:
        return RHYTHM
    return pointer.places[0][1]


def left(pointer: Pointer, wanted: int, code: int, after: Tune, bars: Bars) -> Pointer:
    """Return what is left to come after a letter; where it is another, the text is joined on the next bar line."""
    if wanted == RHYTHM:
        return pointer
    if code == wanted:
        return replace(pointer, places=pointer.places[1:])
    line = bars.next_bar(after.tick_of(after.state.at) + (not _on_line(after)))
    return replace(
        pointer, begins=line, places=tuple(one for one in pointer.places if one[0] >= line)
    )


def _on_line(tune: Tune) -> bool:
    return kind(tune.state.token) == "bar" if tune.state.token else False


def _tune(moment: Moment) -> Tune:
    assert isinstance(moment.cursor, Tune)
    return moment.cursor
