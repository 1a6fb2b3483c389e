"""Plays melodies: a pitch waits for its length, a rest passes, and what is played once more costs no step."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.draw import Draw
from live.engine.notes.history import louder
from live.engine.notes.operations import LAST, Plan
from live.engine.notes.sampling import Mask
from live.engine.notes.step import Cursor, Step
from live.time.clock import Bars
from models.contract.grid import Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.melody import AGAIN, CHORD, words

NONE = -1
VELOCITY = 80
KEPT = 4
"""Notes that may be played once more."""

Played = tuple[tuple[int, int, int, int], ...]
"""Onset, pitch, velocity and duration of notes."""


@dataclass(frozen=True, slots=True)
class Place(Cursor):
    """Where the next word begins. pitch: what waits for its length. past, coming: notes that were, and come again."""

    pitch: int = NONE
    past: Played = ()
    coming: Played = ()

    def shifted(self, ticks: int) -> Self:
        return replace(
            self,
            tick=self.tick + ticks,
            past=_shifted(self.past, ticks),
            coming=_shifted(self.coming, ticks),
        )


class Melody:
    """See `Decoder`."""

    cursor: type[Cursor] = Place
    declines: frozenset[str] = frozenset(("form", "far", "vary", "tires", "line", "novelty"))
    trades: bool = False
    drums: bool = False
    tracing = None
    joins: int = 0

    def __init__(self, written: Representation) -> None:
        self._written = written
        self._words = words(written.vocabulary)
        self._classes = {word: code for code, word in enumerate(self._words)}
        kinds, values = zip(*self._words, strict=True)
        self._values = np.array(values)
        self._of = {kind: np.array([one == kind for one in kinds]) for kind in set(kinds)}
        self._rests = sorted(self._values[self._of["rest"]].tolist(), reverse=True)

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        codes = self._written.start_codes()
        return Step(codes, self.conditions(tick, bars), Place(tick), tick)

    def conditions(self, tick: int, bars: Bars) -> Codes:
        return np.array(place(tick, bars.start_of(tick), bars.metre.eighths)[:1], np.int64)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Whether the shortest notes are forced."""
        return forced.get("word") == self._classes["length", 6]

    def says(self, pitches: Collection[int]) -> bool:
        return True

    def can_play(self, knobs: NoteKnobs) -> bool:
        return True

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        cursor = draw.last.cursor
        assert isinstance(cursor, Place)
        tick = max(cursor.tick, limits.floor, draw.last.tick)
        if 0 <= limits.ceiling < tick or 0 <= limits.end < tick + LAST:
            return None
        pitches = masks.pitches(draw.knobs)
        if cursor.coming and pitches[cursor.coming[0][1]]:
            step = self._once_more(cursor, limits, draw.bars)
            if step is not None:
                return step
        mask = self._mask(cursor, tick, limits, pitches, draw.knobs.polyphony)
        if not mask.any():
            return None
        word = draw.code(0, self.conditions(tick, draw.bars), [], mask, 0.0)
        velocity = min(max(VELOCITY + louder(draw.last.heard), 1), 127)
        return self._step(replace(cursor, tick=tick, coming=()), word, velocity, draw.bars)

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        assert isinstance(cursor, Place)
        if not all(note.duration for note in notes):
            return ()
        onset, at = notes[0].onset, replace(cursor, pitch=NONE, coming=())
        steps = []
        for ticks in self._rests:
            while onset - at.tick >= ticks:
                steps.append(self._step(at, self._classes["rest", ticks], 0, bars))
                at = steps[-1].cursor
        chord = tuple(note.pitch - notes[0].pitch for note in notes) == CHORD
        for together in (notes,) if chord else ((note,) for note in notes):
            kind = "chord" if chord else "length"
            pitch = self._nearest("pitch", _inside(together[0].pitch))
            steps.append(self._step(replace(at, tick=onset), pitch, 0, bars))
            said = self._step(
                steps[-1].cursor, self._nearest(kind, together[0].duration), 0, bars, together
            )
            steps.append(said)
            at = said.cursor
        return tuple(steps)

    def _mask(self, cursor: Place, tick: int, limits: Plan, pitches: Mask, room: int) -> Mask:
        """Which words may come at a tick."""
        over = tick + self._values
        on_time = np.ones(len(over), bool)
        if limits.ceiling >= 0:
            on_time &= over <= limits.ceiling
        if limits.end >= 0:
            on_time &= over <= limits.end - LAST
        rests = self._of["rest"] & on_time
        found = self._of["pitch"] & pitches[self._values]
        if not found.any():
            return found
        if cursor.pitch == NONE:
            found |= rests
            found[AGAIN] = bool(cursor.past) and all(pitches[note[1]] for note in cursor.past)
        elif pitches[cursor.pitch]:
            ends = over <= limits.end if limits.end >= 0 else np.ones(len(over), bool)
            ends[self._classes["length", 6]] = True
            found = self._of["length"] & ends
            if room >= len(CHORD) and all(pitches[min(cursor.pitch + one, 127)] for one in CHORD):
                found |= self._of["chord"] & ends
        return found

    def _once_more(self, cursor: Place, limits: Plan, bars: Bars) -> Step | None:
        late = max(limits.floor - cursor.coming[0][0], 0)
        (onset, pitch, velocity, duration), *rest = _shifted(cursor.coming, late)
        if 0 <= limits.ceiling < onset or 0 <= limits.end < onset + max(duration, LAST):
            return None
        note = Note(onset, pitch, velocity, duration)
        after = replace(self._after(cursor, (note,), onset + duration), coming=tuple(rest))
        codes = self._written.start_codes()
        return Step(codes, self.conditions(onset, bars), after, onset, (note,), fed=False)

    def _step(
        self, cursor: Place, word: int, velocity: int, bars: Bars, notes: tuple[Note, ...] = ()
    ) -> Step:
        """What a word means. notes: what it says, where that is known already."""
        tick = cursor.tick
        kind, value = self._words[word]
        match kind:
            case "pitch":
                after = replace(cursor, pitch=value)
            case "rest":
                after = replace(cursor, tick=tick + value)
            case "again":
                later = tick - cursor.past[0][0]
                after = replace(cursor, coming=_shifted(cursor.past, later))
            case _:
                above = CHORD if kind == "chord" else (0,)
                pitches = [cursor.pitch + one for one in above if cursor.pitch + one < 128]
                notes = notes or tuple(Note(tick, one, velocity, value) for one in pitches)
                after = self._after(cursor, notes, tick + value)
        codes = np.array([word], np.int64)
        return Step(codes, self.conditions(tick, bars), after, tick, notes)

    def _after(self, cursor: Place, notes: tuple[Note, ...], tick: int) -> Place:
        said = tuple((note.onset, note.pitch, note.velocity, note.duration) for note in notes)
        return Place(tick, past=(*cursor.past, *said)[-KEPT:])

    def _nearest(self, kind: str, value: int) -> int:
        known = self._values[self._of[kind]].tolist()
        return self._classes[kind, min(known, key=lambda one: abs(one - value))]


def _shifted(played: Played, ticks: int) -> Played:
    return tuple((onset + ticks, *rest) for onset, *rest in played)


def _inside(pitch: int) -> int:
    while pitch < 48:
        pitch += 12
    while pitch > 84:
        pitch -= 12
    return pitch
