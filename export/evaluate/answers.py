"""Listening: answers that an artifact gives to people's phrases, beside how people go on themselves."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from export.evaluate.continuations import continuations
from export.evaluate.excerpts import Music, excerpt, metre_of, performed
from export.evaluate.music import row, row_of
from export.evaluate.report import Row, Spread, Table
from export.evaluate.subject import evenly
from export.heard import played_in
from live.declared.knob import Value
from live.record.heard import notes_heard
from models.contract.errors import ExtempoError
from models.measures.endings import MEASURES as ENDINGS
from models.measures.excerpt import Excerpt
from models.measures.listening import FITS, Area, Fit, entry, heard, shared_run
from models.measures.musicality import notes_an_onset

BARS: Final = 4
"""Of a phrase, and of its answer."""
PHRASES: Final = 24
SEEDS: Final = 2
"""Answers to each."""
FEWEST: Final = 8
"""Notes of a phrase, and of how people go on."""
NEAR: Final = 0.06
"""Beats from the player's beat within which an answer enters on it."""
LATE: Final = 3
"""Bars more, for the silence before an answer and its last beat."""
AREA: Final = "area under the curve"


class Turn(NamedTuple):
    """A phrase, how its author went on, and how the artifact answers it."""

    phrase: Excerpt
    people: Excerpt
    answers: list[Excerpt]


def listening(made: Music, shown: Callable[[float], None]) -> Table:
    """Answer phrases of people's pieces, and set the answers beside how these go on."""
    phrases = list(evenly(list(_phrases(made.whole_people))))[:PHRASES]
    if len(phrases) < 2:
        raise ExtempoError(
            f"fewer than two pieces by people have a phrase of {BARS} bars that goes on: name other music with "
            f"--corpus."
        )
    turns = []
    for number, (phrase, people) in enumerate(phrases):
        turns.append(Turn(phrase, people, _answers(made, phrase, number)))
        shown(0.7 * (number + 1) / len(phrases))
    given = sum(map(lambda turn: len(turn.answers), turns))
    said = (
        f"{given} answers of {BARS} bars to {len(turns)} phrases, two each, beside how people went on; endings beside "
        f"those of whole pieces"
    )
    rows = [*_fits(turns), *_entries(turns), continuations(made), *_endings(made, turns)]
    return Table(given, len(turns), said, rows)


def _phrases(people: Sequence[Excerpt]) -> Iterator[tuple[Excerpt, Excerpt]]:
    """Yield a phrase of each piece, about a third into it, with how it goes on."""
    for piece in people:
        bars = piece.end // piece.bar
        first = bars // 3 // BARS * BARS
        phrase, after = piece.cut(first, BARS), piece.cut(first + BARS, BARS)
        whole = bars >= first + 2 * BARS and len(phrase.bars) == BARS
        if whole and min(len(phrase.notes), len(after.notes)) >= FEWEST:
            yield phrase, after


def _answers(made: Music, phrase: Excerpt, number: int) -> list[Excerpt]:
    """Return what it answers, those left out that have no notes."""
    notes = phrase.notes.copy()
    notes[:, 3] = np.minimum(notes[:, 3], BARS * phrase.bar - notes[:, 0])
    played = played_in(notes)
    found = []
    for again in range(SEEDS):
        knobs: dict[str, Value] = {
            "mode": "respond",
            "bars": BARS,
            "seed": made.seed(SEEDS * number + again),
        }
        beats = (2 * BARS + LATE) * phrase.beats
        journal = performed(made.judged, knobs, beats, metre_of(phrase), played)
        found.append(excerpt(notes_heard(journal), phrase.beats, phrase.pulse, f"to {phrase.name}"))
    return [one for one in found if len(one.notes)]


def _fits(turns: Sequence[Turn]) -> list[Row]:
    phrases = [turn.phrase for turn in turns]
    rows = []
    for fit in FITS:
        areas = (
            heard(fit, phrases, [turn.answers for turn in turns]),
            heard(fit, phrases, [[turn.people] for turn in turns]),
        )
        rows.append(_fit(fit, *map(_area, areas)))
    return rows


def _fit(fit: Fit, ours: Spread | None, theirs: Spread | None) -> Row:
    told = f"{fit.help} How often it fits its own phrase better than another: .5 is chance."
    return Row(fit.name, "fits its phrase", AREA, told, ours, theirs)


def _area(found: Area) -> Spread | None:
    if np.isnan(found.area):
        return None
    return Spread(found.low, found.area, found.high, found.area, [])


def _entries(turns: Sequence[Turn]) -> list[Row]:
    pairs = [(turn.phrase, one) for turn in turns for one in turn.answers]
    people = [(turn.phrase, turn.people) for turn in turns]

    def both(
        name: str, unit: str, told: str, of: Callable[[Excerpt, Excerpt], float]
    ) -> Row:  # fmt: skip
        sides = ([of(*pair) for pair in side] for side in (pairs, people))
        return row(name, "answers", unit, told, *sides)

    return [
        both(
            "longest run of its phrase",
            "intervals",
            "The longest run of intervals that both top lines share, in any key.",
            shared_run,
        ),
        both(
            "off the player's beat",
            "beats",
            "How far from the nearest of the player's beats it enters; .25 is chance.",
            lambda _, answer: entry(answer),
        ),
        both(
            "enters on the player's beat",
            "yes or no",
            f"It enters within {NEAR} of one of the player's beats.",
            lambda _, answer: float(entry(answer) <= NEAR),
        ),
        both(
            "texture beside its phrase's",
            "times",
            "Notes that begin together, over those of its phrase.",
            lambda phrase, answer: notes_an_onset(answer) / notes_an_onset(phrase),
        ),
    ]


def _endings(made: Music, turns: Sequence[Turn]) -> list[Row]:
    answers = [one for turn in turns for one in turn.answers]
    return [row_of(one, "endings", answers, made.whole_people) for one in ENDINGS]
