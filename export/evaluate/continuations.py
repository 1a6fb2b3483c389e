"""How an artifact goes on from what was played at length, in mode continue, beside how people go on."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from export.evaluate.dialogue import Pace, played_back
from export.evaluate.excerpts import Music
from export.evaluate.report import Row
from export.evaluate.rows import row
from export.evaluate.subject import evenly
from live.declared.knob import Value
from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt
from models.measures.listening import shared_run

PIECES: Final = 20
NOTES: Final = 160
"""Of what is played at most, and of how it goes on."""
FEWEST: Final = 32
"""Notes that are enough to go on from."""
LONGER: Final = 2.0
"""By how much its notes may take longer than the piece's own, before it is told to stop."""


class _Halves(NamedTuple):
    """What is played of a piece, and what comes next in it."""

    played: Excerpt
    after: Excerpt


def continuations(made: Music) -> Row:
    """Return the longest runs that a continuation shares with what it goes on from."""
    halves = list(evenly(list(_halves(made.whole_people))))[:PIECES]
    own = [shared_run(one.played, one.after) for one in halves]
    told = (
        f"The longest run of intervals that the next {NOTES} notes share with {NOTES} notes that were played, at most; "
        f"mode continue."
    )
    ours = [
        shared_run(one.played, _went_on(made, one, number)) for number, one in enumerate(halves)
    ]
    return row("longest run of what it goes on from", "answers", "intervals", told, ours, own)


def _halves(people: Sequence[Excerpt]) -> Iterator[_Halves]:
    for piece in people:
        count = min(NOTES, len(piece.notes) // 2)
        if count >= FEWEST:
            cut = (piece.notes[:count], piece.notes[count : 2 * count])
            yield _Halves(*(Excerpt(part, piece.beats, piece.pulse, piece.name) for part in cut))


def _went_on(made: Music, halves: _Halves, number: int) -> Excerpt:
    played, after = halves
    begin = int(after.notes[0, 0])
    notes = played.notes.copy()
    notes[:, 3] = (notes[:, 0] + notes[:, 3]).clip(max=begin) - notes[:, 0]
    beats = (begin + LONGER * (after.end - begin)) / TICKS + played.beats
    knobs: dict[str, Value] = {"mode": "continue", "seed": made.seed(number)}
    told = Excerpt(notes, played.beats, played.pulse)
    heard = played_back(made, told, knobs, beats, Pace()).music
    return Excerpt(heard.notes[: len(after.notes)], played.beats, played.pulse)
