"""Listening: answers that an artifact gives to people's phrases, beside how people go on themselves."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from export.evaluate.continuations import continuations
from export.evaluate.dialogue import Heard, Pace, played_back
from export.evaluate.excerpts import Music
from export.evaluate.report import Row, Spread, Table
from export.evaluate.rows import row, row_of
from export.evaluate.subject import evenly
from live.declared.knob import Value
from models.contract.errors import ExtempoError
from models.measures.endings import MEASURES as ENDINGS
from models.measures.excerpt import Excerpt
from models.measures.listening import FITS, Area, Fit, entry, heard, shared_run
from models.measures.musicality import notes_an_onset

BARS: Final = 4
"""Of a phrase, and of its answer."""
PHRASES: Final = 24
SEEDS: Final = 2
"""Answers to each on the clock's beats."""
SEED: Final = 1
APART: Final = 0.4
"""Octaves of tempo by which a phrase is played faster or slower than the clock at most, where nobody tells it."""
LATEST: Final = 2.0
"""Seconds after the clock's beginning at which such a phrase begins, at most."""
FEWEST: Final = 8
"""Notes of a phrase, and of how people go on."""
NEAR: Final = 0.06
"""Beats from the player's beat within which an answer enters on it."""
LATE: Final = 3
"""Bars more, for the silence before an answer and its last beat."""
AREA: Final = "area under the curve"


class Turn(NamedTuple):
    """A phrase, how its author went on, and answers; untold: one where the clock is not the player's."""

    phrase: Excerpt
    people: Excerpt
    answers: list[Excerpt]
    untold: Heard


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
        turns.append(_turn(made, number, phrase, people))
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


def _turn(made: Music, number: int, phrase: Excerpt, people: Excerpt) -> Turn:
    """Answer a phrase that is played on the clock's beats, and once at another tempo that nobody tells."""
    rng = np.random.default_rng((SEED, number))
    free = Pace(float(2 ** rng.uniform(-APART, APART)), float(rng.uniform(0, LATEST)))
    seeds = [made.seed((SEEDS + 1) * number + again) for again in range(SEEDS + 1)]
    answers = [_answer(made, phrase, seed, Pace()).music for seed in seeds[:-1]]
    untold = _answer(made, phrase, seeds[-1], free)
    return Turn(phrase, people, [one for one in answers if len(one.notes)], untold)


def _answer(made: Music, phrase: Excerpt, seed: int, pace: Pace) -> Heard:
    notes = phrase.notes.copy()
    notes[:, 3] = np.minimum(notes[:, 3], BARS * phrase.bar - notes[:, 0])
    knobs: dict[str, Value] = {"mode": "respond", "bars": BARS, "seed": seed}
    told = Excerpt(notes, phrase.beats, phrase.pulse, phrase.name)
    return played_back(made, told, knobs, (2 * BARS + LATE) * phrase.beats, pace)


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
        *_untold(turns),
        both(
            "texture beside its phrase's",
            "times",
            "Notes that begin together, over those of its phrase.",
            lambda phrase, answer: notes_an_onset(answer) / notes_an_onset(phrase),
        ),
    ]


def _untold(turns: Sequence[Turn]) -> Iterator[Row]:
    """Yield how often answers enter on a beat that nobody told: all, and by whether the clock was sure of it."""
    answered = [turn for turn in turns if len(turn.untold.music.notes)]
    told = (
        f"The same where a phrase is played at another tempo than the clock's, up to {2**APART:.1f} times, and off its "
        f"beats"
    )
    whose = {
        "": (f"{told}.", answered),
        ", sure": (f"{told}; where the clock is sure of the beat, and follows.", _sure(answered, True)),
        ", not sure": (f"{told}; where the clock is not sure, and stays.", _sure(answered, False)),
    }  # fmt: skip
    for which, (said, some) in whose.items():
        ours = [float(entry(turn.untold.music) <= NEAR) for turn in some]
        own = [float(entry(turn.people) <= NEAR) for turn in some]
        yield row(
            f"enters on a beat that nobody told{which}", "answers", "yes or no", said, ours, own
        )


def _sure(turns: Sequence[Turn], sure: bool) -> list[Turn]:
    return [turn for turn in turns if turn.untold.sure == sure]


def _endings(made: Music, turns: Sequence[Turn]) -> list[Row]:
    answers = [one for turn in turns for one in turn.answers]
    return [row_of(one, "endings", answers, made.whole_people) for one in ENDINGS]
