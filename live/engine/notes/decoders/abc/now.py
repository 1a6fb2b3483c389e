"""What the next letter of a tune depends on."""

import re
from typing import Final, NamedTuple, Self

from live.engine.notes.decoders.abc.copying import Copying, Lead
from live.engine.notes.decoders.abc.cursor import PART, Tune
from live.engine.notes.decoders.abc.lengths import lengths, no_longer
from live.engine.notes.decoders.abc.pitches import Pitches
from live.engine.notes.manner import RINGS
from live.time.clock import Bars
from models.abc.notes import Sounds
from models.abc.state import State

IDLE: Final = 16
"""Letters without time going on, after which only those may come that lead to a note, or end a bar."""

_AGAIN: Final = re.compile(r":\||::|\d")
"""Of lines that may play again what was."""


class Now(NamedTuple):
    """What a letter depends on besides the text: the clock's bars, the pitches that may be written, and limits.

    polyphony: how many notes may sound at once. ceiling: no note begins later, in parts; -1 is no limit.
    alphabet: the letters that the network knows. harmony: the pitches of chord symbols. copying: what refuses to copy,
    if anything does; leads: the lines that it goes by. lands: where the last note of an answer begins, in parts, -1
    for anywhere; nothing passes by it. last: the pitches that it may have; root: the class it has best, -1 for any.
    """

    cursor: Tune
    bars: Bars
    allowed: Pitches
    polyphony: int
    ceiling: int
    alphabet: frozenset[str]
    harmony: Pitches
    copying: Copying | None = None
    leads: tuple[Lead, ...] = ()
    lands: int = -1
    last: Pitches = frozenset()
    root: int = -1

    def guarded(self, state: State, sounds: Sounds = ()) -> Self:
        """Return the same without the pitches that would copy. state, sounds: where the text has come to."""
        landing = self._landing(state.at)
        if self.copying is None:
            return landing
        leads = self.copying.leads(self.cursor, state, sounds)
        refused = self.copying.refused(leads, self.cursor, state)
        allowed = (landing.allowed - refused) or (self.allowed - refused)
        return self._replace(allowed=allowed, leads=leads)

    def lets(self, state: State, line: str) -> bool:
        """Return whether a bar line or an ending plays nothing again that would copy."""
        if self.copying is None or not _AGAIN.search(line):
            return True
        return self.copying.lets(line, self.leads, self.cursor, state)

    def _landing(self, at: int) -> Self:
        """Return the same with the pitches that a note may have that begins there."""
        return self._replace(allowed=self.last) if at == self.lands else self

    def room(self, at: int) -> int:
        """Return the parts that are left of the bar, or until the last note of an answer."""
        room = self.cursor.room(self.bars, at)[0]
        return min(room, self.lands - at) if at < self.lands else room

    def lengths(self, state: State) -> frozenset[str]:
        """Return how the length of the next note may be written; the last one rings."""
        room = self.room(state.at)
        words = lengths(state, room)
        if state.at != self.lands:
            return words
        return words - no_longer(words, state.unit, int(RINGS * room)) or words

    @property
    def idle(self) -> bool:
        """Return whether it is time for a note."""
        return self.cursor.idle >= IDLE

    @property
    def whole(self) -> int:
        """Return the parts of a bar."""
        return self.bars.length * PART
