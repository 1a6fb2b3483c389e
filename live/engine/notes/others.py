"""Other voices, as one of notes knows of them: what they play, who of them hears it, and who trades bars with it."""

from live.engine.notes.draw import shared
from live.engine.notes.history import History, Moment
from live.engine.notes.trading import Trade
from models.contract.grid import Note

Overheard = tuple[int, int, Note, bool]
"""A note of another voice: onset, voice, note, and whether the hearer's touch follows it."""


class Others:
    """What one voice knows of others. Threads: the engine's only.

    coming: what they have played since the plan was last dropped. returned: those that it has heard and that hear
    it. traders: those with which it trades bars.
    """

    def __init__(
        self,
        coming: tuple[Overheard, ...] = (),
        returned: frozenset[int] = frozenset(),
        traders: tuple[int, ...] = (),
    ) -> None:
        self.coming = list(coming)
        self.returned = returned
        self.traders = traders

    def hear(self, voice: int, note: Note, touch: bool) -> None:
        """Take a note that another voice has committed, until the plan is dropped; for touch see `hearing.hear`."""
        self.coming.append((note.onset, voice, note, touch))
        self.returned |= frozenset() if touch else {voice}

    def taken(self) -> list[Overheard]:
        """Return what has come, once."""
        coming, self.coming = self.coming, []
        return coming

    def share(self, number: int, history: History, last: Moment) -> tuple[int, Trade]:
        """Return how voice `number` shares the music after a moment, and how it trades bars; see `Draw`."""
        sharing = shared(number, self.returned, history.moments, last)
        return sharing, Trade.of(number, self.traders)
