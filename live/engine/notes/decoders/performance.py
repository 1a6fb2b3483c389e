"""Events of `performance`: a gap, a pitch, a touch, a duration. Chords are written from the bottom up."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks, touches
from live.engine.notes.asking import asked
from live.engine.notes.busier import GAPS
from live.engine.notes.chords import NO_PITCH, Pitches, allowed_pitches
from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.guard import Line, led
from live.engine.notes.instruments import Instruments
from live.engine.notes.leaning import narrowed, shunned
from live.engine.notes.manner import Manner, manner_of
from live.engine.notes.onsets import LENGTHS, TIME, drawn_onset, lengths, times
from live.engine.notes.operations import ANY, LAST, Plan
from live.engine.notes.pointer import Pointer
from live.engine.notes.sampling import Mask, Weights
from live.engine.notes.step import Cursor, Step
from live.engine.notes.transposing import Notes
from live.time.clock import Bars
from models.contract.grid import DRUM_KIT, Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.performance import (
    PARTS,
    velocity_code,
)
from models.contract.spans import DURATIONS, HELD, duration_code, time_code

INSTRUMENT: Final = TIME + 1
"""The factor of the instrument, where there are several: it is drawn after the time."""
DURATION: Final = 3
"""Where in a row of inputs the duration is."""
LET_GO: Final = 0.75
"""How much of a note is over where its line may go on."""
_OCTAVES: Final = np.log2(LENGTHS)


@dataclass(frozen=True, slots=True)
class Event(Cursor):
    """Where the last event began, its pitch and instrument.

    top: the top line up to it, whose last onset is its own. aside: it is an earlier one, for drums alone began here.
    """

    pitch: int = NO_PITCH
    top: Line = ()
    instrument: int = 0
    aside: bool = False

    def check(self, written: Representation) -> None:
        """Raise ValueError for an instrument that the network has none of."""
        if not 0 <= self.instrument < max(len(written.vocabulary.get(PARTS, ())), 1):
            raise ValueError(f"there is no instrument {self.instrument}")


class Performance:
    """See `Decoder`."""

    cursor: type[Cursor] = Event
    tracing: Tracing | None = Notes()
    declines: frozenset[str] = frozenset(("cadence", "chords_channel", "temperature_offset"))
    trades: bool = False
    joins: int = 0

    def __init__(self, written: Representation) -> None:
        self._written = written
        self._instruments = Instruments(written.vocabulary)
        self.drums = self._instruments.drums
        *_, self._pitch, self._velocity, self._duration = range(len(written.factors))
        self._nothing = (0,) * len(written.asked)
        self._nowhere = (0,) * (len(written.conditions) - len(written.asked))

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before the first; held: its duration is that of a held key."""
        codes = self._written.start_codes()
        if held:
            codes[DURATION] = HELD
        return Step(codes, self.conditions(tick, bars), Event(tick), tick)

    def conditions(self, tick: int, bars: Bars, given: tuple[int, ...] = ()) -> Codes:
        """Return beat in the bar, tick in the beat and metre, and what is asked, if anything is."""
        at = place(tick, bars.start_of(tick), bars.metre.eighths)
        return np.array(at + (given or self._nothing), np.int64)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return whether no time is to pass."""
        return forced.get("time") == 0

    def says(self, pitches: Collection[int]) -> bool:
        """Return True: each pitch is a step of its own."""
        return True

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return True: whatever pitch is allowed may come."""
        return True

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        """Return one event for each note."""
        steps = []
        assert isinstance(cursor, Event)
        for note in notes:
            gap = time_code(max(note.onset - cursor.tick, 0))
            cursor, step = self._event(cursor, note, gap, louder, bars)
            steps.append(step)
        return tuple(steps)

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one event."""
        manner, last = manner_of(draw, limits), _last(draw)
        if not manner.allowed.any():
            return None
        known = NO_PITCH if self._instruments else last.pitch
        apart, joining = pitches = allowed_pitches(draw, manner, known, last.top, not last.aside)
        given = asked(self._written.asked, draw, limits)
        gap, onset, met = self._onset(draw, limits, first, manner, pitches, given)
        if onset < 0 or 0 <= limits.end < onset + LAST:
            return None
        joins = onset == last.tick
        allowed = joining if joins else manner.pitches(onset, apart)
        at = self.conditions(onset, draw.bars, given)
        codes, drums = [gap], False
        if self._instruments:
            each = self._instruments.masks(last.instrument, last.pitch, joins, allowed)
            codes.append(_instrument(draw, at, codes, each))
            allowed, drums = each[codes[-1]], self._instruments.is_drums(codes[-1])
        if not allowed.any():
            return None
        ringing = manner.rings(onset, LENGTHS, lengths(onset, limits.end))
        for factor, mask, bias in (
            (self._pitch, allowed, 0.0)
            if drums
            else (
                self._pitch,
                self._pointed(draw, onset, met, allowed),
                _preferred(draw, manner, onset),
            ),
            (self._velocity, touches.ANY, touches.preferred(draw)),
            (self._duration, ringing, manner.lean(onset, _OCTAVES)),
        ):
            codes.append(draw.code(factor, at, codes, mask, bias))
        pitch, velocity, duration = codes[self._pitch :]
        loud, more = touches.struck(draw, velocity)
        part = self._instruments.part(codes[INSTRUMENT])
        note = Note(onset, pitch, loud, DURATIONS[duration], part)
        step = self._event(last, note, gap, more, draw.bars, given)[1]
        return _pointing(step, draw.pointer, met and not drums)

    def _onset(
        self,
        draw: Draw,
        limits: Plan,
        first: int,
        manner: Manner,
        pitches: Pitches,
        given: tuple[int, ...],
    ) -> tuple[int, int, bool]:
        """Return the gap's class, the tick that it leads to, and whether the voice points there."""
        if self._instruments:
            last = _last(draw)
            pitches = self._instruments.either(last.instrument, last.pitch, pitches)
        row = np.array(self._nowhere + given)
        reachable = partial(_reachable, draw, limits.ceiling, manner, pitches)
        return drawn_onset(draw, limits, first, reachable, row, over=manner.landed(draw))

    def _pointed(self, draw: Draw, onset: int, met: bool, allowed: Mask) -> Mask:
        """Return which of the allowed pitches are left where the voice points. met: it points to this onset."""
        pointer = draw.pointer
        if pointer is not None and pointer.away:
            return shunned(draw, self._pitch, onset, allowed)
        if pointer is not None and met:
            return narrowed(draw, self._pitch, pointer.places[0][1], allowed)
        return allowed

    def _event(
        self,
        before: Event,
        note: Note,
        gap: int,
        louder: int,
        bars: Bars,
        given: tuple[int, ...] = (),
    ) -> tuple[Event, Step]:
        """Return where a note leads, and its step."""
        touch, length = velocity_code(note.velocity - louder), duration_code(note.duration)
        instrument, joins = self._instruments.number(note.part), note.onset <= before.tick
        codes = np.array([gap, note.pitch, touch, length, instrument], np.int64)
        at = self.conditions(note.onset, bars, given)
        top, aside = before.top, before.aside or not joins
        if not self._instruments.is_drums(instrument):
            top, aside = led(top, note.pitch, joins and not before.aside), False
        after = Event(note.onset, note.pitch, top, instrument, aside)
        return after, Step(codes, at, after, note.onset, (note,))


def _is_over(note: Note | None, tick: int) -> bool:
    """Return whether a line may go on from a note: one that rings is accompanied."""
    return note is not None and 0 < LET_GO * note.duration <= tick - note.onset


def _preferred(draw: Draw, manner: Manner, onset: int) -> Weights | float:
    """Return which pitches are preferred: those that are fresh, near in the line, and at home where it lands."""
    last = _last(draw)
    begins = onset != last.tick or last.aside
    fresh = masks.fresh(draw.last.struck, onset, draw.knobs.variety)
    if begins and (manner.polyphony == 1 or _is_over(draw.last.note, onset)):
        fresh = fresh + masks.line(last.top, draw.knobs.line)
    return fresh + manner.home(onset, begins or last.pitch == NO_PITCH)


def _instrument(draw: Draw, at: Codes, codes: list[int], each: Mask) -> int:
    """Draw who plays. each: the pitches that each may, bool (instruments, pitches)."""
    able = np.asarray(each.any(1))
    return draw.code(INSTRUMENT, at, codes, able, 0.0) if able.any() else 0


def _pointing(step: Step, pointer: Pointer | None, met: bool) -> Step:
    """Return the step of a note with what is left of the pointer; met: the note is at its first place."""
    if pointer is None:
        return step
    (note,) = step.notes
    code = NO_PITCH if note.part == DRUM_KIT else note.pitch
    left = pointer.met(step.tick) if met else pointer.passed(step.tick, code)
    return replace(step, pointer=left)


def _last(draw: Draw) -> Event:
    cursor = draw.last.cursor
    assert isinstance(cursor, Event)
    return cursor


def _reachable(
    draw: Draw, ceiling: int, manner: Manner, pitches: Pitches, origin: int, floor: int
) -> Mask:
    last = _last(draw)
    chord = origin == last.tick
    struck = sum(at == last.tick for at, _ in draw.last.struck)
    full = chord and struck >= manner.polyphony
    mask = times(origin, floor, ceiling, full)
    apart, joining = pitches
    if chord and not joining.any():
        mask[0] = False
    if not apart.any():
        mask[int(chord) :] = False
    if manner.lands != ANY and not manner.landed(draw):
        mask &= manner.reaches(origin + GAPS) | (chord & (GAPS == 0))
    return mask
