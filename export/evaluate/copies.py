"""Copying: what solos share with all that an artifact has learned from, beside what people's unseen pieces share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from export.evaluate.excerpts import Music
from export.evaluate.report import Row, Table
from export.evaluate.rows import row
from models.corpus.pieces import Longs
from models.measures.copying import LENGTHS, Known, Near, Shared
from models.measures.excerpt import Excerpt, of_tune

NOTES: Final[Mapping[str, Callable[[Any], Longs]]] = {
    "midi": lambda piece: piece.score.notes.astype(np.int64),
    "abc": lambda piece: of_tune(piece).notes,
}
"""By the kind of file that pieces are read from: the notes of one as they are written."""
FAMILY: Final = "copying"


def copying(made: Music, shown: Callable[[float], None]) -> Table:
    """Look for runs of intervals of both sides' top lines, in any key, in the training pieces."""
    played = made.played(lambda done: shown(0.4 * done))
    learned, missing = made.judged.all_learned()
    notes = NOTES[made.judged.writes.reads[0]]
    known = Known((piece.name, notes(piece)) for piece in learned)
    shown(0.7)
    sides = (played, made.people)
    rows = [*_longest(known, sides), *_shares(known, sides), _nearest(known, sides)]
    said = (
        f"Runs of intervals of the top line, in any key, that stand in the {len(learned):,} training pieces; "
        f"{_worst(known, played)}"
    )
    if missing:
        said += f"; without those of {', '.join(missing)}, which are not below --data"
    return Table(len(played), len(made.people), said, rows)


Sides = tuple[Sequence[Excerpt], Sequence[Excerpt]]


def _longest(known: Known, sides: Sides) -> list[Row]:
    told = "The longest run of intervals that stands in a training piece"
    return [
        _row(
            f"longest copied run{', with rhythm' if rhythm else ''}",
            "intervals",
            f"{told}{', with the same times between its onsets' if rhythm else ''}.",
            [[known.longest(one, rhythm).length for one in side] for side in sides],
        )
        for rhythm in (False, True)
    ]


def _shares(known: Known, sides: Sides) -> list[Row]:
    found = [[known.shares(one) for one in side] for side in sides]
    return [
        _row(
            f"{length}-runs that are known",
            "share",
            f"Runs of {length} intervals that stand in a training piece.",
            [[shares[length] for shares in side] for side in found],
        )
        for length in LENGTHS
    ]


def _nearest(known: Known, sides: Sides) -> Row:
    return _row(
        "nearest piece",
        "share",
        "Runs of eight intervals that stand in the one training piece that has most of them.",
        [[known.nearest(one).share for one in side] for side in sides],
    )


def _row(name: str, unit: str, told: str, values: Sequence[Sequence[float]]) -> Row:
    return row(name, FAMILY, unit, told, *values)


def _worst(known: Known, played: Sequence[Excerpt]) -> str:
    """Return where the longest copied run stands, and what comes nearest to a training piece."""
    runs: list[tuple[Shared, Excerpt]] = [(known.longest(one), one) for one in played]
    longest, where = max(runs, key=lambda one: one[0].length)
    if not longest.length:
        return "nothing that it plays stands there"
    near: list[tuple[Near, Excerpt]] = [(known.nearest(one), one) for one in played]
    nearest, whose = max(near, key=lambda one: np.nan_to_num(one[0].share))
    said = f"its longest, {longest.length} intervals ({where.name}), stands in {longest.name}"
    if nearest.name:
        said += f"; {whose.name} is nearest to {nearest.name} ({100 * nearest.share:.0f} % of its runs of eight)"
    return said
