"""Tokens: a gap, a pitch or a chord, a duration; or an eighth after the other, each a pitch or a chord."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.busier import GAPS
from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.guard import Line, led
from live.engine.notes.leaning import shunned
from live.engine.notes.manner import Manner, manner_of
from live.engine.notes.onsets import LENGTHS, drawn_onset, lengths, times
from live.engine.notes.operations import ANY, LAST, Plan
from live.engine.notes.pointer import RHYTHM, Pointer
from live.engine.notes.sampling import Mask, Weights
from live.engine.notes.step import Cursor, Step
from live.engine.notes.touching import touched
from live.engine.notes.transposing import Notes
from live.time.clock import Bars
from models.contract.grid import Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.tokens import EIGHTH, is_timed, table_of
from models.contract.spans import DURATIONS, duration_code, time_code

DECLINED: Final = frozenset(
    ("cadence", "chords_channel", "temperature_offset", "temperature_velocity")
)
UNTIMED: Final = frozenset(("density", "temperature_time", "temperature_duration"))
"""What bends nothing where all steps are eighths."""
_TOUCH: Final = 3
"""What the touch is drawn as, beside the factors."""
_OCTAVES: Final = np.log2(LENGTHS)
_NOWHERE: Final = np.zeros(1, np.int64)
_HIGHEST: Final = 127


@dataclass(frozen=True, slots=True)
class Token(Cursor):
    """Where the last token began. top: the top line up to it, nothing where there was none yet."""

    top: Line = ()


class Tokens:
    """See `Decoder`."""

    cursor: type[Cursor] = Token
    tracing: Tracing | None = Notes()
    trades: bool = False
    drums: bool = False
    joins: int = 1

    def __init__(self, written: Representation) -> None:
        self._written = written
        self._timed = is_timed(written)
        self._table = table_of(written.vocabulary)
        self._factor = written.names.index("token")
        self.declines = DECLINED if self._timed else DECLINED | UNTIMED

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before the first."""
        codes = self._written.start_codes()
        return Step(codes, self.conditions(tick, bars), Token(tick), tick)

    def conditions(self, tick: int, bars: Bars) -> Codes:
        """Return beat in the bar, tick in the beat and metre; of eighths nothing."""
        if not self._timed:
            return _NOWHERE
        return np.array(place(tick, bars.start_of(tick), bars.metre.eighths), np.int64)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return whether no time is to pass."""
        return self._timed and forced.get("time") == 0

    def says(self, pitches: Collection[int]) -> bool:
        """Return whether there is a token of just these pitches."""
        return self._table.code(pitches) >= 0

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return whether a token has only pitches that the knobs allow, and no more than sound together."""
        return bool(self._table.within(masks.pitches(knobs), knobs.polyphony).any())

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        """Return the one step of notes: their token or the nearest, as long as the highest of them."""
        assert isinstance(cursor, Token)
        gap = time_code(max(notes[0].onset - cursor.tick, 0))
        token = self._table.nearest({note.pitch for note in notes})
        length = duration_code(max(notes, key=lambda note: note.pitch).duration)
        return (self._step(cursor, notes, (gap, token, length), bars),)

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one token."""
        manner = manner_of(draw, limits)
        if manner.landed(draw):
            return None
        fitting = self._fitting(draw, manner)
        if not fitting.any():
            return None
        last = _last(draw)
        gap, onset, met = self._onset(draw, limits, first, manner)
        if onset < 0 or 0 <= limits.end < onset + LAST:
            return None
        if draw.guard is not None:
            joins = bool(last.top) and onset <= last.tick
            refused = draw.guard.joining(last.top) if joins else draw.guard.next(last.top)
            fitting = fitting & ~refused[self._table.tops]
            if not fitting.any():
                return None
        at = self.conditions(onset, draw.bars)
        mask = self._narrowed(draw, manner, onset, met, fitting)
        codes = [gap] if self._timed else []
        codes.append(draw.code(self._factor, at, codes, mask, self._bias(draw, manner, onset)))
        if self._timed:
            ringing = manner.rings(onset, LENGTHS, lengths(onset, limits.end))
            lean = manner.lean(onset, _OCTAVES)
            codes.append(draw.code(len(codes), at, codes, ringing, lean))
        notes = self._notes(draw, limits, onset, codes)
        length = duration_code(notes[0].duration)
        step = self._step(last, notes, (gap, codes[self._factor], length), draw.bars)
        return (
            step if draw.pointer is None else replace(step, pointer=_left(draw.pointer, onset, met))
        )

    def _notes(self, draw: Draw, limits: Plan, onset: int, codes: list[int]) -> tuple[Note, ...]:
        loud = touched(onset, draw, _TOUCH)
        length = DURATIONS[codes[-1]] if self._timed else EIGHTH
        if not self._timed and limits.end >= 0:
            length = min(length, limits.end - onset)
        pitches = self._table.pitches[codes[self._factor]]
        return tuple(Note(onset, pitch, loud, length) for pitch in pitches)

    def _step(
        self, before: Token, notes: tuple[Note, ...], codes: tuple[int, int, int], bars: Bars
    ) -> Step:
        """Return the step of a gap, a token and a duration. notes: what it says."""
        onset, top = notes[0].onset, max(note.pitch for note in notes)
        after = Token(onset, led(before.top, top, onset <= before.tick))
        fed = np.array(codes if self._timed else codes[1:2], np.int64)
        return Step(fed, self.conditions(onset, bars), after, onset, notes)

    def _fitting(self, draw: Draw, manner: Manner) -> Mask:
        """Return which tokens may be played; of an answer those in its phrase's texture, if there are any."""
        found = self._table.within(manner.allowed, manner.polyphony)
        if found.any():
            return found
        return self._table.within(masks.pitches(draw.knobs), draw.knobs.polyphony)

    def _narrowed(self, draw: Draw, manner: Manner, onset: int, met: bool, fitting: Mask) -> Mask:
        """Return which of the fitting tokens are left where an answer lands, or where the voice points."""
        mask, allowed = fitting, np.ones(_HIGHEST + 1, np.bool_)
        if onset == manner.lands:
            mask = self._some_within(manner.pitches(onset, allowed), fitting)
        pointer = draw.pointer
        if pointer is None or not (pointer.away or met):
            return mask
        if pointer.away:
            return self._some_within(shunned(draw, self._factor, onset, allowed), mask)
        wanted = [pitch for tick, pitch in pointer.places if tick == pointer.places[0][0]]
        if RHYTHM in wanted or not draw.leans(self._factor):
            return mask
        pointed = np.arange(len(mask)) == self._table.nearest(wanted)
        for left in (mask & pointed, mask & (self._table.tops == max(wanted))):
            if left.any():
                return np.asarray(left)
        return mask

    def _some_within(self, pitches: Mask, fitting: Mask) -> Mask:
        """Return which fitting tokens have these pitches only; all of them where none has."""
        left = fitting & self._table.within(pitches, len(pitches))
        return np.asarray(left) if left.any() else fitting

    def _bias(self, draw: Draw, manner: Manner, onset: int) -> Weights | float:
        """Return how far tokens are leant to: not to what was struck just before, to steps, at the end home."""
        fresh = masks.fresh(draw.last.struck, onset, draw.knobs.variety)
        home = manner.home(onset, True)
        bias: Weights | float = 0.0
        if isinstance(fresh, np.ndarray):
            bias = bias + self._table.mean(fresh)
        if isinstance(home, np.ndarray):
            bias = bias + home[self._table.lows]
        line = masks.line(_last(draw).top, draw.knobs.line)
        if isinstance(line, np.ndarray):
            bias = bias + line[self._table.tops]
        return bias

    def _onset(self, draw: Draw, limits: Plan, first: int, manner: Manner) -> tuple[int, int, bool]:
        """Return the gap's class, the tick that it leads to (-1: none), and whether the voice points there."""
        if self._timed:
            reachable = partial(_reachable, draw, limits.ceiling, manner)
            return drawn_onset(draw, limits, first, reachable, np.zeros(3, np.int64))
        onset = _eighth(_last(draw), limits.floor, draw.bars)
        if 0 <= limits.ceiling < onset:
            return 0, -1, False
        return 0, onset, _points_at(draw.pointer, onset)


def _last(draw: Draw) -> Token:
    cursor = draw.last.cursor
    assert isinstance(cursor, Token)
    return cursor


def _left(pointer: Pointer, onset: int, met: bool) -> Pointer:
    """Return what is left to come after a token, which says all that begins with it."""
    return (pointer.met(onset) if met else pointer).passed(onset, _HIGHEST)


def _points_at(pointer: Pointer | None, onset: int) -> bool:
    """Return whether an eighth is where something is to come back, as near as eighths are."""
    if pointer is None or pointer.away or not pointer.places or onset < pointer.begins:
        return False
    return 2 * abs(pointer.places[0][0] - onset) <= EIGHTH


def _reachable(draw: Draw, ceiling: int, manner: Manner, origin: int, floor: int) -> Mask:
    last = _last(draw)
    mask = times(origin, floor, ceiling, origin == last.tick and bool(last.top))
    if manner.lands != ANY:
        mask &= manner.reaches(origin + GAPS)
    return mask


def _eighth(last: Token, floor: int, bars: Bars) -> int:
    """Return the next eighth of a bar, after a token and not before a tick."""
    earliest = max(last.tick + bool(last.top), floor)
    return earliest + (bars.start_of(earliest) - earliest) % EIGHTH
