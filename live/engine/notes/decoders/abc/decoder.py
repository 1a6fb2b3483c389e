"""A tune in ABC as it is drawn: its fields, its letters, what they decide, and where on the clock that falls."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from msgspec import structs

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks as knobbed
from live.engine.notes.decoder import Tracing
from live.engine.notes.decoders.abc import (
    cadence,
    ending,
    masks,
    pitches,
    pointed,
    sounding,
    writing,
)
from live.engine.notes.decoders.abc.cursor import NOTHING, PART, Tune
from live.engine.notes.decoders.abc.head import Heads, shift
from live.engine.notes.decoders.abc.placing import in_turn, left_to_others, placed
from live.engine.notes.draw import Draw
from live.engine.notes.leaning import narrowed
from live.engine.notes.manner import manner_of
from live.engine.notes.operations import LAST, Plan
from live.engine.notes.sampling import Mask, Weights
from live.engine.notes.step import Cursor, Step
from live.time.clock import Bars
from models.abc.notes import pitch_of
from models.abc.place import Places
from models.abc.reader import feed, finish
from models.contract.grid import Note
from models.contract.representation import Codes, Representation
from models.contract.representations.abc import CHARACTERS

CHARACTER: Final = 0
"""The one factor."""
DECLINED: Final = frozenset(
    (
        "density",
        "line",
        *(f"temperature_{one}" for one in ("time", "pitch", "velocity", "duration", "offset")),
    )
)
"""A letter has no length of its own that could be bent, is no pitch alone, and is drawn at one temperature."""


class Abc:
    """See `Decoder`."""

    cursor: type[Cursor] = Tune
    declines: frozenset[str] = DECLINED
    trades: bool = True
    drums: bool = False
    joins: int = 0

    def __init__(self, written: Representation) -> None:
        self._written = written
        self._letters = tuple(map(str, written.vocabulary[CHARACTERS]))
        self._codes = {letter: code for code, letter in enumerate(self._letters)}
        self._alphabet = frozenset(self._letters)
        self.tracing: Tracing | None = pointed.Letters(self._letters)
        self._places = Places(self._codes)
        self._heads = Heads(self._letters)
        self._notes = bool(set(self._letters) & set(pitches.NOTES))

    def start(self, tick: int, bars: Bars, held: bool) -> Step:
        """Return the step before a tune."""
        return self._anew(Tune(tick), tick, bars)

    def conditions(self, tick: int, bars: Bars) -> Codes:
        """Return what is given before a tune; afterwards what its text says."""
        return self._places.of(NOTHING)

    def at_once(self, forced: Mapping[str, int]) -> bool:
        """Return False: a letter has no time of its own."""
        return False

    def says(self, pitches: Collection[int]) -> bool:
        """Return True: letters say any pitch."""
        return True

    def can_play(self, knobs: NoteKnobs) -> bool:
        """Return True: what is written is played at the nearest pitch that is allowed."""
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
        """Return the letters that say these notes."""
        assert isinstance(cursor, Tune)
        if not any(note.duration for note in notes):
            return ()
        pen = writing.Pen(cursor, self._heads, self._codes, self._places, bars, knobs)
        if not self._heads.fits(cursor.state, bars.metre) or cursor.state.ended:
            begun = self._anew(cursor, notes[0].onset, bars)
            pen.steps.append(begun)
            assert isinstance(begun.cursor, Tune)
            pen.cursor = begun.cursor
        return pen.write(notes, until)

    def draw(self, draw: Draw, limits: Plan, first: int) -> Step | None:
        """Draw one letter, or play what is decided."""
        if not (self._notes and knobbed.pitches(draw.knobs).any()):
            return None
        cursor = left_to_others(_cursor(draw), draw)
        fits = self._heads.fits(cursor.state, draw.bars.metre)
        if not fits or (cursor.state.ended and not cursor.waiting):
            tick = max(cursor.tick_of(cursor.due), draw.last.tick)
            return self._anew(cursor, tick, draw.bars)
        moved = placed(_in_key(cursor, draw.knobs), draw, limits)
        if moved is None:
            return None
        moved = in_turn(moved, draw, limits)
        if moved is None:
            return None
        if moved.ready and not moved.opens(draw.bars):
            return self._played(moved, draw, limits)
        at, lands = moved.state.at, ending.landing(moved, manner_of(draw, limits))
        if 0 <= limits.end < moved.tick_of(at) + LAST or 0 <= lands < at:
            return self._settled(moved, draw, limits) if moved.state.body else None
        return self._letter(moved, draw, limits)

    def _letter(self, cursor: Tune, draw: Draw, limits: Plan) -> Step | None:
        state = cursor.state
        if not state.body:
            return self._field(cursor, draw, limits)
        now = ending.now_of(cursor, draw, manner_of(draw, limits), limits, self._alphabet)
        if now.copying is not None and now.copying.refuses_all(cursor, now.allowed):
            return self._settled(cursor, draw, limits)
        mask = self._mask(masks.legal(now))
        if draw.sections is not None:
            # The form is the plan's, not the text's.
            once = mask & ~self._mask(pointed.again(state.token))
            mask = once if once.any() else mask
        if not mask.any():
            return self._broken_off(cursor, draw, limits)
        at = self._places.of(state)
        pointer = draw.pointer
        wanted = pointed.wanted(pointer, cursor)
        if wanted is not None:
            mask = narrowed(draw, CHARACTER, wanted, mask)
        bias = self._bias(cursor, draw) + ending.home(now, self._codes)
        code = draw.code(CHARACTER, at, [], mask, bias)
        step = self._fed(cursor, code, draw, limits)
        if pointer is None:
            return step
        assert isinstance(step.cursor, Tune)
        left = pointed.left(pointer, wanted, code, step.cursor, draw.bars)
        return replace(step, pointer=left)

    def _field(self, cursor: Tune, draw: Draw, limits: Plan) -> Step | None:
        knobs, metre, state = draw.knobs, draw.bars.metre, cursor.state
        while not (
            mask := self._mask(self._heads.letters(state, metre, knobs.key, knobs.scale))
        ).any():
            state = self._heads.said(
                structs.replace(state, token=""), metre, knobs.key, knobs.scale
            )
            if state.body:
                return self._letter(_in_key(replace(cursor, state=state), knobs), draw, limits)
        cursor = replace(cursor, state=state)
        code = draw.code(CHARACTER, self._places.of(state), [], mask, 0.0)
        return self._fed(cursor, code, draw, limits)

    def _fed(self, cursor: Tune, code: int, draw: Draw, limits: Plan) -> Step:
        """Return the step of a letter, with the first notes that it decides."""
        before = cursor.state
        state, sounds = feed(before, self._letters[code])
        idle = cursor.idle + 1 if state.body and state.at == before.at else 0
        after = sounding.decided(replace(cursor, state=state, idle=idle), sounds, draw.knobs)
        notes: tuple[Note, ...] = ()
        if not after.opens(draw.bars):
            after, notes = sounding.played(after, draw, limits)
        elif state.token == "|" and state.at:
            after = after.joined()
        at = self._places.of(before)
        return _step(np.array([code], np.int64), at, after, draw, notes)

    def _played(self, cursor: Tune, draw: Draw, limits: Plan) -> Step | None:
        """Return the step in which what was decided is played; the network is not told."""
        after, notes = sounding.played(cursor, draw, limits)
        if not notes:
            return None
        codes = self._written.start_codes()
        return _step(codes, self._places.of(cursor.state), after, draw, notes, fed=False)

    def _settled(self, cursor: Tune, draw: Draw, limits: Plan) -> Step | None:
        """Return the step in which a note that hangs is decided, for no other comes before the end."""
        state, sounds = finish(cursor.state)
        after = sounding.decided(replace(cursor, state=state), sounds, draw.knobs)
        after, notes = sounding.played(after, draw, limits)
        if not notes:
            return None
        begun = (one for one in after.waiting if after.tick_of(one.onset) + LAST <= limits.end)
        after = replace(after, waiting=tuple(begun), since=state.at)
        codes = self._written.start_codes()
        return _step(codes, self._places.of(cursor.state), after, draw, notes, fed=False)

    def _broken_off(self, cursor: Tune, draw: Draw, limits: Plan) -> Step:
        """Return the step that ends a tune which no letter leads on."""
        state, sounds = finish(cursor.state)
        ended = replace(cursor, state=structs.replace(state, ended=True))
        after, notes = sounding.played(sounding.decided(ended, sounds, draw.knobs), draw, limits)
        codes = self._written.start_codes()
        return _step(codes, self._places.of(cursor.state), after, draw, notes, fed=False)

    def _anew(self, before: Tune, tick: int, bars: Bars) -> Step:
        """Return the step before a tune."""
        line = bars.start_of(tick)
        cursor = Tune(tick, origin=tick, line=line, top=before.top, topped=before.topped)
        return Step(self._written.start_codes(), self._places.of(NOTHING), cursor, tick, anew=True)

    def _mask(self, letters: frozenset[str]) -> Mask:
        mask = np.zeros(len(self._letters), np.bool_)
        for letter in letters:
            if letter in self._codes:
                mask[self._codes[letter]] = True
        return mask

    def _bias(self, cursor: Tune, draw: Draw) -> Weights | float:
        """Return how far letters are leant to: not to what was struck just before, and home where a section ends."""
        knobs = draw.knobs
        home = cadence.homing(cursor.state, draw.bars.length * PART) if knobs.cadence else ()
        stale = knobs.variety and "[" not in cursor.state.token
        if not (home or stale):
            return 0.0
        bias = np.zeros(len(self._letters))
        if stale:
            self._reluctance(cursor, draw, bias)
        for letter in self._alphabet.intersection(home):
            bias[self._codes[letter]] += knobs.cadence
        return bias

    def _reluctance(self, cursor: Tune, draw: Draw, bias: Weights) -> None:
        tick = cursor.tick_of(cursor.state.at)
        fresh = np.broadcast_to(knobbed.fresh(draw.last.struck, tick, draw.knobs.variety), 128)
        sign = cursor.state.token if cursor.state.token in pitches.SIGNS else ""
        for letter in pitches.NOTES:
            pitch = pitch_of(cursor.state, sign, letter, "") + cursor.shift
            if letter in self._codes and 0 <= pitch <= 127:
                bias[self._codes[letter]] = fresh[pitch]


def _in_key(cursor: Tune, knobs: NoteKnobs) -> Tune:
    """Return the text moved to where the knobs want it to sound."""
    if not cursor.state.body:
        return cursor
    by = shift(cursor.state.signature, knobs.key, knobs.scale, cursor.shift)
    return cursor if by == cursor.shift else replace(cursor, shift=by)


def _cursor(draw: Draw) -> Tune:
    cursor = draw.last.cursor
    assert isinstance(cursor, Tune)
    if not draw.knobs.chords_channel and any(one.voice < 0 for one in cursor.waiting):
        # It was turned off meanwhile.
        cursor = replace(cursor, waiting=tuple(one for one in cursor.waiting if one.voice >= 0))
    return cursor


def _step(
    codes: Codes, at: Codes, after: Tune, draw: Draw, notes: tuple[Note, ...], fed: bool = True
) -> Step:
    tick = notes[0].onset if notes else max(after.tick_of(after.due), draw.last.tick)
    after = replace(after, tick=tick)
    return Step(codes, at, after, tick, notes, fed)
