"""The figures of one excerpt, by families: a file and a line for each."""

from typing import Final

from models.measures import endings, form, musicality
from models.measures.excerpt import Excerpt
from models.measures.measure import Measure

FAMILIES: Final[dict[str, tuple[Measure, ...]]] = {
    "form": form.MEASURES,
    "endings": endings.MEASURES,
    "musicality": musicality.MEASURES,
}


def measured(excerpt: Excerpt) -> dict[str, float]:
    """Return all figures of an excerpt by their names; nan where one does not apply."""
    return {one.name: one.of(excerpt) for family in FAMILIES.values() for one in family}
