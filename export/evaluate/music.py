"""Form and musicality: an artifact's solos beside people's pieces, figure by figure."""

from collections.abc import Callable
from typing import Final

from export.evaluate.excerpts import Music
from export.evaluate.features import features
from export.evaluate.report import Table
from export.evaluate.rows import row_of
from models.measures.table import FAMILIES

WHOLE: Final = ("endings",)
"""Families that say something of finished pieces only."""


def music(made: Music, shown: Callable[[float], None]) -> Table:
    """Play solos and set their figures beside those of people's pieces."""
    played = made.played(lambda done: shown(0.5 * done))
    asked = made.judged.asked
    rows = []
    families = [one for one in FAMILIES if made.whole or one not in WHOLE]
    for number, family in enumerate(families):
        rows += [row_of(one, family, played, made.people) for one in FAMILIES[family]]
        shown(0.5 + 0.4 * (number + 1) / len(families))
    rows += features(played, made.people)
    shown(1.0)
    what = "their finished tunes" if made.whole else "as long at most"
    said = f"{asked.seeds} solos of {asked.bars} bars beside people's pieces, {what}"
    return Table(len(played), len(made.people), said, rows)
