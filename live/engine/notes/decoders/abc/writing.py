"""What is heard, as letters: fields if there are none yet, rests, bar lines, and the notes themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from msgspec import structs

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import PART, Tune
from live.engine.notes.decoders.abc.head import Heads, guessed, shift
from live.engine.notes.decoders.abc.lengths import SPELT
from live.engine.notes.decoders.abc.pitches import spelt
from live.engine.notes.fitting import better
from live.engine.notes.step import Step
from live.time.clock import Bars
from models.abc.place import Places
from models.abc.reader import closed, feed
from models.abc.state import Sounded, State
from models.abc.tokens import kind
from models.contract.grid import TICKS, Note

_LATE: Final = 2
"""Ticks by which a note may be let go of late and be no longer."""
_BEHIND: Final = TICKS
"""Ticks by which a text may be longer than what was heard: what comes is shorter, until it is in time again."""
_REMEMBERED: Final = 32
"""Notes that were heard of which the key is told."""
_TIED: Final = 4
"""Bars over which a note is written on at most."""


class Pen:
    """Writes notes into a text. steps: of what was written so far."""

    def __init__(
        self,
        cursor: Tune,
        heads: Heads,
        codes: Mapping[str, int],
        places: Places,
        bars: Bars,
        knobs: NoteKnobs,
    ) -> None:
        self.cursor = cursor
        self.steps: list[Step] = []
        self._heads, self._codes, self._places = heads, codes, places
        self._bars, self._knobs = bars, knobs
        self._lengths = {word: part for word, part in SPELT.items() if set(word) <= codes.keys()}
        self._onset = 0

    def write(self, notes: tuple[Note, ...], until: int) -> tuple[Step, ...]:
        """Return the steps that say these notes, which begin together; the last one decides them.

        What accompanies a tune is none of its letters; what is still held is, once it is let go of. until: when
        the next notes begin, -1 where that is not known: a text has one voice, and these end there.
        """
        tune = tuple(note for note in notes if note.duration and not note.part)
        if not tune:
            return ()
        self._onset = notes[0].onset
        if not self.cursor.state.body:
            self._head(tune[0].pitch)
        hanging = self._break_off()
        self._pause()
        self._key(tune)
        for word in self._words(tune, until):
            self._put(word)
        if not self.steps:
            # The alphabet has no letters for them.
            return ()
        *before, last = self.steps
        state, _ = closed(self.cursor.state)
        origin = self.cursor.origin * PART
        waiting = tuple(structs.replace(one, onset=one.onset - origin) for one in hanging)
        after = replace(self.cursor, state=state, since=state.at, quiet=state.at, waiting=waiting)
        after = after.sounded(self._onset, max(note.pitch for note in tune))
        return (*before, replace(last, cursor=after, notes=notes))

    def _head(self, pitch: int) -> None:
        metre, key, scale = self._bars.metre, self._knobs.key, self._knobs.scale
        while not self.cursor.state.body:
            state = self.cursor.state
            lines = self._heads.lines(state, metre, key, scale)
            guess = f"K:{guessed(pitch)}\n"
            if lines:
                line = guess if guess in lines else lines[0]
                self._put(line[len(state.token) :])
            else:
                said = self._heads.said(structs.replace(state, token=""), metre, key, scale)
                self.cursor = replace(self.cursor, state=said)

    def _key(self, notes: tuple[Note, ...]) -> None:
        """Write the key that fits what was heard, where it fits clearly better and the knobs ask for none."""
        ours = ((note.pitch - self.cursor.shift) % 12 for note in notes)
        heard = (*self.cursor.heard, *ours)[-_REMEMBERED:]
        self.cursor = replace(self.cursor, heard=heard)
        key = better(heard, self.cursor.state.signature) if self._knobs.scale == "chromatic" else ""
        word = f"[K:{key}]"
        if key and set(word) <= self._codes.keys():
            self._put_whole(word)

    def _break_off(self) -> list[Sounded]:
        """End what was begun; return what is decided and sounds soon, with its onset on the clock, in parts."""
        cursor = self.cursor
        soon = (self._onset + TICKS - cursor.origin) * PART
        ours = [Sounded(one.onset, one.length, one.pitches) for one in cursor.state.held]
        hanging = [
            structs.replace(one, onset=one.onset + cursor.origin * PART)
            for one in sorted((*cursor.waiting, *(o for o in ours if o.onset >= cursor.since)))
            if one.onset < soon
        ]
        state = cursor.state
        if not is_complete(state.token):
            state = structs.replace(state, token="")
        state = structs.replace(
            closed(state)[0], tuplet=None, broken=0, graces=(), dotted=False, tied=(), harmony=""
        )
        by = shift(state.signature, self._knobs.key, self._knobs.scale, cursor.shift)
        self.cursor = replace(cursor, state=state, shift=by, waiting=(), since=state.at + 1, idle=0)
        return hanging

    def _pause(self) -> None:
        """Write rests and bar lines up to the notes; whole bars of silence are none of the text."""
        bars, place = self._bars, self._place(self._onset)
        gap = place - self._tick
        if gap < -_BEHIND or not self.cursor.in_bars(bars) or not self.cursor.state.at:
            self._move(place)
        elif gap >= bars.length:
            self._move(self._tick + gap - gap % bars.length)
        gap = place - self._tick
        while gap > 0:
            self._bar()
            room = self.cursor.room(bars, self.cursor.state.at)[0] // PART
            word = self._length(min(gap, room))
            if not word or "z" not in self._codes:
                break
            self._put_whole("z" + word[0])
            gap -= word[1]
        if self._tick < place:
            self._move(place)
        self._bar()

    def _place(self, tick: int) -> int:
        """Return the nearest tick at which notes are written: what is heard falls between them, its bars do not."""
        start, half = self._bars.start_of(tick), self._half
        return start + (2 * (tick - start) + half) // (2 * half) * half

    @property
    def _half(self) -> int:
        return max(self.cursor.state.unit // PART // 2, 1)

    def _bar(self) -> None:
        """Write a bar line where one is due."""
        state = closed(self.cursor.state)[0]
        if self.cursor.room(self._bars, state.at)[1] and state.at > state.bar:
            self._put_whole("|")

    def _words(self, notes: tuple[Note, ...], until: int) -> Iterator[str]:
        """Yield the notes as they are written, bar for bar."""
        unit, half = self.cursor.state.unit // PART, self._half
        duration = notes[0].duration - _LATE
        left = half if duration <= half else -(-duration // unit) * unit
        end = self._place(self._onset) + left
        if until > self._onset:
            end = min(end, self._place(until))
        left = max(end - self._tick, half)
        for _ in range(_TIED):
            state = closed(self.cursor.state)[0]
            room = self.cursor.room(self._bars, state.at)[0] // PART
            word = self._length(min(left, room)) or ("", unit)
            yield self._name(notes, state) + word[0]
            left -= room
            if left < half or word[1] != room:
                break
            yield "-"
            yield "|"

    def _name(self, notes: tuple[Note, ...], state: State) -> str:
        names = [spelt(state, note.pitch - self.cursor.shift) for note in notes]
        if len(names) == 1 or not {"[", "]"} <= self._codes.keys():
            return names[-1]
        return f"[{''.join(names)}]"

    def _length(self, ticks: int) -> tuple[str, int] | None:
        """Return how the longest length is written that is no longer, and its ticks; None where all are."""
        unit = self.cursor.state.unit
        fitting = [
            (unit * times // (over * PART), -len(word), word)
            for word, (times, over) in self._lengths.items()
            if unit * times % (over * PART) == 0 and unit * times <= ticks * over * PART
        ]
        return (max(fitting)[2], max(fitting)[0]) if fitting else None

    @property
    def _tick(self) -> int:
        return self.cursor.tick_of(self.cursor.state.at)

    def _move(self, tick: int) -> None:
        self.cursor = self.cursor.moved(tick, self._bars)

    def _put_whole(self, word: str) -> None:
        """Write a token that nothing goes on."""
        self._put(word)
        self.cursor = replace(self.cursor, state=closed(self.cursor.state)[0])

    def _put(self, word: str) -> None:
        """Write letters, but for those that the alphabet lacks."""
        for letter in word:
            if letter not in self._codes:
                continue
            before = self.cursor.state
            after = feed(before, letter)[0]
            self.cursor = replace(self.cursor, state=after, tick=self._onset)
            codes = np.array([self._codes[letter]], np.int64)
            at = self._places.of(before)
            self.steps.append(Step(codes, at, self.cursor, self._onset))


def is_complete(token: str) -> bool:
    """Return whether what comes next is no part of a token."""
    if kind(token) == "text":
        return len(token) > 1 and token[-1] == token[0]
    if not token or token[0] in "[{(" or kind(token) == "ornament":
        return token[-1:] in ("]", "}") or "]" in token
    return token not in ("^", "_", "=", "^^", "__")
