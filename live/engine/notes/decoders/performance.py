"""Events of `performance`: a gap, a pitch, a touch, a duration. Chords are written from the bottom up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.asking import asked
from live.engine.notes.busier import GAPS, busier
from live.engine.notes.chords import NO_PITCH, Pitches, allowed_pitches
from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.guard import Line, led
from live.engine.notes.history import louder
from live.engine.notes.leaning import gap_to, meets, narrowed, shunned
from live.engine.notes.manner import Manner, manner_of
from live.engine.notes.operations import ANY, LAST, Plan
from live.engine.notes.sampling import Mask, Weights, probabilities, sample
from live.engine.notes.slowing import hurried
from live.engine.notes.step import Cursor, Step
from live.engine.notes.transposing import Notes
from live.time.clock import Bars
from models.contract.grid import Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.performance import (
    DURATIONS,
    HELD,
    TIMES,
    VELOCITIES,
    duration_code,
    time_code,
    velocity_code,
    velocity_of,
)

TIME, PITCH, VELOCITY, DURATION = range(4)
"""The factors, in the order in which they are drawn."""
LENGTHS: Final = np.array(DURATIONS)
TOUCHES: Final = np.array([velocity_of(code) for code in range(VELOCITIES)], np.float64)
LET_GO: Final = 0.75
"""How much of a note is over where its line may go on."""
_OCTAVES: Final = np.log2(LENGTHS)
_ANY_TOUCH: Final = np.ones(len(TOUCHES), np.bool_)
_ANY_LENGTH: Final = np.ones(len(LENGTHS), np.bool_)


@dataclass(frozen=True, slots=True)
class Event(Cursor):
    """Where the last event began, and its pitch. top: the top line up to it; the last onset is this one's."""

    pitch: int = NO_PITCH
    top: Line = ()


class Performance:
    """See `Decoder`."""

    cursor: type[Cursor] = Event
    tracing: Tracing | None = Notes()
    declines: frozenset[str] = frozenset(("cadence", "chords_channel"))
    trades: bool = False

    def __init__(self, written: Representation) -> None:
        self._written = written
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
        manner = manner_of(draw, limits)
        if not manner.allowed.any():
            return None
        last = _last(draw)
        apart, joining = either = allowed_pitches(draw, manner, last.pitch, last.top)
        given = asked(self._written.asked, draw, limits)
        row = np.array(self._nowhere + given)
        gap, onset, met = _onset(draw, limits, first, manner, either, row)
        if onset < 0 or 0 <= limits.end < onset + LAST:
            return None
        joins = onset == last.tick
        allowed = joining if joins else manner.pitches(onset, apart)
        if not allowed.any():
            return None
        at = self.conditions(onset, draw.bars, given)
        pointer, pitches = draw.pointer, allowed
        if pointer is not None and pointer.away:
            pitches = shunned(draw, PITCH, onset, allowed)
        elif pointer is not None and met:
            pitches = narrowed(draw, PITCH, pointer.places[0][1], allowed)
        codes = [gap]
        fresh = masks.fresh(draw.last.struck, onset, draw.knobs.variety)
        if not joins and (manner.polyphony == 1 or _is_over(draw.last.note, onset)):
            fresh = fresh + masks.line(last.top, draw.knobs.line)
        ringing = manner.rings(onset, LENGTHS, lengths(onset, limits.end))
        for factor, mask, bias in (
            (PITCH, pitches, fresh + manner.home(onset, not (joins and last.pitch != NO_PITCH))),
            (VELOCITY, _ANY_TOUCH, _touch(draw.knobs.velocity, draw.knobs.spread)),
            (DURATION, ringing, manner.lean(onset, _OCTAVES)),
        ):
            codes.append(draw.code(factor, at, codes, mask, bias))
        _, pitch, velocity, duration = codes
        loud, more = velocity_of(velocity), louder(draw.last.heard)
        if "velocity" not in draw.forced:
            loud = min(max(loud + more, 1), 127)
        note = Note(onset, pitch, loud, DURATIONS[duration])
        step = self._event(last, note, gap, more, draw.bars, given)[1]
        if pointer is None:
            return step
        return replace(step, pointer=pointer.met(onset) if met else pointer.passed(onset, pitch))

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
        codes = np.array([gap, note.pitch, touch, length, 0], np.int64)
        at = self.conditions(note.onset, bars, given)
        top = led(before.top, note.pitch, note.onset <= before.tick)
        after = Event(note.onset, note.pitch, top)
        return after, Step(codes, at, after, note.onset, (note,))


# Worked out afresh for every event, in cold caches, it costs microseconds.
@lru_cache(64)
def _touch(velocity: float, spread: float) -> Weights | float:
    return masks.touch(velocity, spread, TOUCHES)


def _is_over(note: Note | None, tick: int) -> bool:
    """Return whether a line may go on from a note: one that rings is accompanied."""
    return note is not None and 0 < LET_GO * note.duration <= tick - note.onset


def _last(draw: Draw) -> Event:
    cursor = draw.last.cursor
    assert isinstance(cursor, Event)
    return cursor


def _onset(
    draw: Draw, limits: Plan, first: int, manner: Manner, pitches: Pitches, given: Codes
) -> tuple[int, int, bool]:
    """Draw the gap's class; return it and the tick that it leads to, -1 where there is none.

    And whether that is where the voice points. given: a row of conditions with what is asked alone, for where it
    leads is not known yet.
    """
    last = draw.last.cursor
    forced = draw.forced.get("time")
    if forced is not None:
        at = last.tick + TIMES[forced]
        return forced, max(at, limits.floor) if forced else at, False
    origin = last.tick
    reachable = _reachable(draw, origin, limits.floor, limits.ceiling, manner, pitches)
    if not reachable.any() and limits.floor >= 0:
        origin = _nearer(last.tick, limits, draw.bars)
        reachable = _reachable(draw, origin, limits.floor, limits.ceiling, manner, pitches)
    if not reachable.any():
        return 0, -1, False
    mask = _reachable(draw, origin, first, limits.ceiling, manner, pitches)
    logits = draw.logits(TIME, given, [])
    weights = probabilities(logits, mask)
    part = 1 / draw.sharing
    density = draw.knobs.density * part**2 * hurried(draw)
    weights[0] *= part
    # Before truncation where longer gaps are wanted, for it may have left none; after it where
    # shorter ones are, lest some that are never played be made likely.
    if density < 1:
        weights = busier(weights, density)
    weights = _as_full(draw, weights)
    if density > 1:
        weights = busier(weights, density)
    wanted = gap_to(draw, TIME, TIMES, origin)
    gap = sample(weights, draw.share(TIME))
    if not reachable[gap]:
        gap = int(np.argmax(reachable))
    if manner.landed(draw):
        return gap, -1 if gap else origin, False
    met = meets(draw, wanted, origin + TIMES[gap]) and bool(reachable[wanted])
    return (wanted if met else gap), origin + TIMES[wanted if met else gap], met


def _reachable(
    draw: Draw, origin: int, floor: int, ceiling: int, manner: Manner, pitches: Pitches
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


def _as_full(draw: Draw, weights: Weights) -> Weights:
    """Return the gaps that are left to draw from; a chord goes on as often as the network says.

    To leave out or cool down the rare leaves out rhythm above all, and makes the next note of the
    same chord likelier: chords grow thick, and stay.
    """
    apart = weights.copy()
    apart[0] = 0.0
    if not (draw.sampling(TIME).temperature and weights[0] and apart.any()):
        return draw.plausible(TIME, weights)
    kept = draw.plausible(TIME, apart)
    chord = float(weights[0] / weights.sum())
    kept *= (1 - chord) / kept.sum()
    kept[0] = chord
    return kept


def _nearer(tick: int, limits: Plan, bars: Bars) -> int:
    """Return a tick to count from instead of one that is so long ago that no class of gap fits.

    From there a class leads to the next beat, or to the latest tick that is allowed.
    """
    target = bars.next_beat(limits.floor)
    if limits.ceiling >= 0:
        target = min(target, limits.ceiling)
    gap = int(np.searchsorted(GAPS, target - tick, side="right")) - 1
    return int(target - TIMES[max(gap, 0)])


def times(origin: int, floor: int, ceiling: int, full: bool) -> Mask:
    """Return which gaps after the tick `origin` can still be reached; ceiling -1 is none.

    full: the chord at `origin` has no room for one more note.
    """
    ticks = origin + GAPS
    allowed = ticks >= floor
    if ceiling >= 0:
        allowed &= ticks <= ceiling
    if full:
        allowed[0] = False
    return np.asarray(allowed)


def lengths(onset: int, end: int) -> Mask:
    """Return which durations of a note at `onset` are over by the tick `end` (-1: any); not to be written to."""
    if end < 0:
        return _ANY_LENGTH
    allowed = onset + LENGTHS <= end
    allowed[0] = True
    return np.asarray(allowed)
