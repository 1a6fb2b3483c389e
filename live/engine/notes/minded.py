"""What an act may change of a voice of notes."""

from typing import Protocol

from live.engine.notes.history import History, Moment
from live.engine.notes.sections import Sections


class Minded(Protocol):
    """A voice's history, what is planned after it, what is forced, its form."""

    history: History
    plan: list[Moment]
    forced: dict[str, int]
    sections: Sections | None
