"""What can be shown to the player."""

from dataclasses import dataclass

from live.ipc.news import Beat, Sent, Trouble


@dataclass(frozen=True, slots=True)
class Card:
    """A title and a few rows under it, each a word and what is said of it."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShowNotes:
    """Show the notes from now on, or no longer: for a run that nobody can hear."""

    on: bool = True


Told = str | Card | ShowNotes | Sent | Beat | Trouble
