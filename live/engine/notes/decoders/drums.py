"""Hits of `drums`: a gap, a drum, a touch, and how far from its place it is struck; those together from the kick up."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import touches
from live.engine.notes.busier import GAPS
from live.engine.notes.decoder import Tracing
from live.engine.notes.draw import Draw
from live.engine.notes.onsets import drawn_onset, times
from live.engine.notes.operations import LAST, Plan
from live.engine.notes.sampling import Mask
from live.engine.notes.step import Cursor, Step
from live.time.clock import Bars
from models.contract.grid import FINE, TICKS, Note, place
from models.contract.representation import Codes, Representation
from models.contract.representations.drums import (
    OFFSETS,
    ON_PLACE,
    PLACES,
    drum_code,
    kit_of,
    placed,
)
from models.contract.representations.performance import velocity_code
from models.contract.spans import time_code

DRUM, VELOCITY, OFFSET = 1, 2, 3
"""The factors after the time, in the order in which they are drawn."""
LASTS: Final = 2
"""Ticks that a hit's note lasts."""
NOTHING: Final = -1
"""No drum."""
_LATE: Final = np.array(OFFSETS)
_NOWHERE: Final = np.zeros(3, np.int64)


@dataclass(frozen=True, slots=True)
class Hit(Cursor):
    """Where the last hit belongs, and its drum."""

    drum: int = NOTHING


class Drums:
    """See `Decoder`."""

    cursor: type[Cursor] = Hit
    tracing: Tracing | None = None
    declines: frozenset[str] = frozenset(
        (
            "cadence", "chords_channel", "closing", "far", "form", "key", "line", "motif", "novelty", "scale",
            "temperature_duration", "texture", "tires", "variety", "vary",
        )
    )  # fmt: skip
    trades: bool = False
    drums: bool = True
    joins: int = 0

    def __init__(self, written: Representation) -> None:
        self._written = written
        self._kit = kit_of(written.vocabulary)
        self._keys = np.array(self._kit)

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before the first."""
        return Step(self._written.start_codes(), self.conditions(tick, bars), Hit(tick), tick)

    def conditions(self, tick: int, bars: Bars) -> Codes:
        """Return beat in the bar, tick in the beat and metre."""
        return np.array(place(tick, bars.start_of(tick), bars.metre.eighths), np.int64)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return whether no time is to pass."""
        return forced.get("time") == 0

    def says(self, pitches: Collection[int]) -> bool:
        """Return True: each drum is a step of its own."""
        return True

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return whether a drum of the kit has a key that the knobs allow."""
        return bool(self._allowed(knobs).any())

    def write(
        self,
        cursor: Cursor,
        notes: tuple[Note, ...],
        louder: int,
        bars: Bars,
        knobs: NoteKnobs,
        until: int = -1,
    ) -> tuple[Step, ...]:
        """Return one hit for each note, of the drum that sounds like its key, at the nearest place."""
        steps = []
        assert isinstance(cursor, Hit)
        for note in notes:
            began = bars.start_of(note.onset)
            tick, offset = placed((note.onset - began) * FINE + note.offset)
            drum = drum_code(note.pitch, self._kit)
            step = self._step(cursor, note, (began + tick, drum, offset), louder, bars)
            assert isinstance(step.cursor, Hit)
            cursor = step.cursor
            steps.append(step)
        return tuple(steps)

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one hit."""
        allowed = self._allowed(draw.knobs)
        if not allowed.any():
            return None
        last = draw.last.cursor
        assert isinstance(last, Hit)
        joining = allowed & (np.arange(len(allowed)) > last.drum)

        def reachable(origin: int, floor: int) -> Mask:
            return _reachable(draw, limits.ceiling, origin, floor, bool(joining.any()))

        gap, onset, _ = drawn_onset(draw, limits, first, reachable, _NOWHERE)
        if onset < 0 or 0 <= limits.end < onset + LAST:
            return None
        drums = joining if onset == last.tick and last.drum != NOTHING else allowed
        if not drums.any():
            return None
        at = self.conditions(onset, draw.bars)
        codes = [gap]
        for factor, mask, bias in (
            (DRUM, drums, 0.0),
            (VELOCITY, touches.ANY, touches.preferred(draw)),
            (OFFSET, _offsets(onset, draw.bars, limits.floor), 0.0),
        ):
            codes.append(draw.code(factor, at, codes, mask, bias))
        _, drum, velocity, offset = codes
        loud, more = touches.struck(draw, velocity)
        note = Note(onset, self._kit[drum], loud, LASTS, offset=OFFSETS[offset])
        return self._step(last, note, (onset, drum, offset), more, draw.bars)

    def _allowed(self, knobs: NoteKnobs) -> Mask:
        return np.asarray((self._keys >= knobs.low) & (self._keys <= knobs.high))

    def _step(
        self, before: Hit, note: Note, hit: tuple[int, int, int], louder: int, bars: Bars
    ) -> Step:
        """Return the step of a note. hit: the tick of its place, its drum, its class of offset."""
        tick, drum, offset = hit
        tick = max(tick, before.tick)
        gap = time_code(tick - before.tick)
        codes = np.array([gap, drum, velocity_code(note.velocity - louder), offset], np.int64)
        return Step(codes, self.conditions(tick, bars), Hit(tick, drum), note.onset, (note,))


def _reachable(draw: Draw, ceiling: int, origin: int, floor: int, joins: bool) -> Mask:
    """Return which gaps lead to a place of a beat, or, where none can be reached, to any tick."""
    last = draw.last
    same = origin == last.cursor.tick
    struck = sum(at == last.cursor.tick for at, _ in last.struck)
    mask = times(origin, floor, ceiling, same and struck >= draw.knobs.polyphony)
    if same and not joins:
        mask[0] = False
    began, bars = draw.bars.start_of(origin), draw.bars
    onto = np.isin((origin + GAPS - began) % bars.length % TICKS, PLACES)
    onto[0] |= same
    left = mask & onto
    return left if left.any() else mask


def _offsets(onset: int, bars: Bars, floor: int) -> Mask:
    """Return how far from its place a hit may be: nearer to it than to any other, and not before the floor."""
    near = _near((onset - bars.start_of(onset)) % TICKS)
    if floor < 0:
        return near
    left = near & (onset * FINE + _LATE >= floor * FINE)
    return left if left.any() else near


@lru_cache(TICKS)
def _near(tick: int) -> Mask:
    """Return the offsets that belong to a place of the beat; of any other tick none but nothing."""
    found = [placed(tick * FINE + late) for late in OFFSETS]
    near = np.array([one == (tick, code) for code, one in enumerate(found)])
    near[ON_PLACE] |= not near.any()
    near.setflags(write=False)
    return near
