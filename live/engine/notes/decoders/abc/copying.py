"""The novelty guard for tunes: the top lines that a text leads to, and what may not follow them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.decoders.abc.pitches import Pitches, nearest
from live.engine.notes.decoders.abc.writing import is_complete
from live.engine.notes.guard import Guard, Line, led
from models.abc.notes import Sounds
from models.abc.reader import closed, feed
from models.abc.state import Grace, State

Lead = tuple[Line, int]
"""A top line, and the tick at which its last pitch begins."""
_NEVER = -1 << 41
"""A tick with which nothing begins."""


@dataclass(frozen=True, slots=True)
class Copying:
    """Refuses what would complete a run, as a guard says. knobs: as they stand, which say what sounds for a letter."""

    guard: Guard
    knobs: NoteKnobs

    def leads(self, cursor: Tune, state: State, sounds: Sounds = ()) -> tuple[Lead, ...]:
        """Return the lines that a text leads to, and with grace notes: whether those have time shows later.

        state: its reader's, in which a token may go on. sounds: decided, and not waiting yet.
        """
        leads: tuple[Lead, ...] = ((cursor.top, cursor.topped),)
        decided = (one for one in (*cursor.waiting, *sounds) if one.voice >= 0 and one.pitches)
        for one in sorted(one for one in decided if one.onset >= cursor.since):
            leads = self._after(leads, cursor, cursor.tick_of(one.onset), one.pitches)
        for held in (one for one in state.held if one.onset >= cursor.since):
            leads = self._graced(leads, cursor, held.graces)
            leads = self._after(leads, cursor, cursor.tick_of(held.onset), held.pitches)
        return self._graced(leads, cursor, _graces(state))

    def refused(self, leads: Iterable[Lead], cursor: Tune, state: State) -> Pitches:
        """Return the pitches, as written, that may not come next; a note that is tied goes on, and does not begin."""
        found = (np.flatnonzero(self.guard.next(line)).tolist() for line, _ in leads)
        pitches = frozenset(pitch - cursor.shift for each in found for pitch in each)
        return pitches.difference(state.tied)

    def refuses_all(self, cursor: Tune, allowed: Pitches) -> bool:
        """Return whether no note may come next, between two tokens: the voice rests then."""
        if not is_complete(cursor.state.token):
            return False
        state, sounds = closed(cursor.state)
        return allowed <= self.refused(self.leads(cursor, state, sounds), cursor, state)

    def lets(self, line: str, leads: Iterable[Lead], cursor: Tune, state: State) -> bool:
        """Return whether a bar line may come which plays again what was. state: before it, between two tokens."""
        after, again = state, dict[int, int]()
        for letter in line + " ":
            after, sounds = feed(after, letter)
            for one in sounds:
                if one.voice >= 0 and one.pitches and one.onset >= state.at:
                    top = self._sounding(one.pitches, cursor)
                    again[one.onset] = max(top, again.get(one.onset, top))
        if not again:
            return True
        tops = [again[onset] for onset in sorted(again)]
        length = self.guard.length
        return not any(
            self.guard.index.stand(np.array((*before, *tops)), length)[-len(tops) :].any()
            for before, _ in leads
        )

    def _graced(
        self, leads: tuple[Lead, ...], cursor: Tune, graces: Iterable[Grace]
    ) -> tuple[Lead, ...]:
        """Return lines with grace notes, and without."""
        more = leads if graces else ()
        for grace in graces:
            more = self._after(more, cursor, _NEVER, grace.pitches)
        return leads + more

    def _after(
        self, leads: tuple[Lead, ...], cursor: Tune, tick: int, pitches: Iterable[int]
    ) -> tuple[Lead, ...]:
        top = self._sounding(pitches, cursor)
        joins = (tick != _NEVER and at == tick for _, at in leads)
        return tuple(
            (led(line, top, join), tick) for (line, _), join in zip(leads, joins, strict=True)
        )

    def _sounding(self, pitches: Iterable[int], cursor: Tune) -> int:
        """Return the highest of some pitches as it sounds."""
        knobs = self.knobs
        by = cursor.shift
        return max(
            nearest(knobs.key, knobs.scale, knobs.low, knobs.high, pitch + by) for pitch in pitches
        )


def _graces(state: State) -> tuple[Grace, ...]:
    """Return the grace notes that stand before what comes next, those of a token too that is still written."""
    token = state.token
    if token.startswith("{") and "}" not in token and token[-1:].isalpha():
        return closed(feed(state, "}")[0])[0].graces
    return state.graces
