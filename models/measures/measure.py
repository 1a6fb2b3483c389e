"""What a figure of music is: a name, what it says, its unit, and how it is counted."""

from collections.abc import Callable
from dataclasses import dataclass

from models.measures.excerpt import Excerpt


@dataclass(frozen=True)
class Measure:
    """A figure of one excerpt. of: nan where it does not apply, as where there are no notes.

    help: one sentence. unit: such as `share`, `beats`, `semitones`; a share is of 1.
    """

    name: str
    help: str
    unit: str
    of: Callable[[Excerpt], float]
