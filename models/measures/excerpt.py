"""Excerpts: music to be looked at, whoever made it and in whatever representation."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.abc.reader import feed, finish
from models.abc.state import BEAT, WHOLE, Sounded, State
from models.contract.grid import TICKS, UNMEASURED, Note
from models.corpus.pieces import Longs, Score, top_of
from models.corpus.readers.abc import TunePiece

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
BEATS: Final = 4.0
"""Quarter notes in a bar, where nothing says how many."""
COMPOUND: Final = 3 * TICKS // 2
"""Ticks of a beat in 6/8, 9/8 and 12/8."""
TOUCH: Final = 80
"""The velocity of notes that have none."""
LONGEST_GAP: Final = 4 * TICKS
"""Times from onset to onset that are told apart."""
_SNAPS: Final = np.array((0, 6, 8, 12, 16, 18, 24))
"""Ticks in a beat to which onsets are brought before rhythms are compared: sixteenths and triplets."""
_NEAREST: Final = np.array([_SNAPS[np.argmin(np.abs(_SNAPS - tick))] for tick in range(TICKS)])


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Music to be looked at; a bar begins at tick 0.

    notes: int64 (n, 4), onset, pitch, velocity and duration, times in ticks; kept sorted by onset and
    pitch. beats: quarter notes in a bar. pulse: ticks from one beat that a foot taps to the next. name: where
    it is from.

    Raises ValueError for notes of another shape, before tick 0 or beyond the keys, and for bars of no length.
    """

    notes: Longs
    beats: float = BEATS
    pulse: int = TICKS
    name: str = ""

    def __post_init__(self) -> None:
        notes = np.array(self.notes, np.int64).reshape(-1, 4)
        if len(notes) and (
            notes[:, 0].min() < 0 or not 0 <= notes[:, 1].min() <= notes[:, 1].max() < 128
        ):
            raise ValueError("notes begin at tick 0 or later and have pitches from 0 to 127")
        if self.bar < 1 or self.pulse < 1:
            raise ValueError("a bar and a beat have a length")
        notes[:, 3] = np.maximum(notes[:, 3], 1)
        notes = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
        notes.flags.writeable = False
        object.__setattr__(self, "notes", notes)

    @property
    def bar(self) -> int:
        """Return the ticks in a bar."""
        return round(self.beats * TICKS)

    @property
    def end(self) -> int:
        """Return the tick at which the last note ends; 0 where there are none."""
        return int((self.notes[:, 0] + self.notes[:, 3]).max(initial=0))

    @cached_property
    def onsets(self) -> Longs:
        """Return the ticks at which anything begins, each once."""
        return np.unique(self.notes[:, 0])

    @cached_property
    def top(self) -> Longs:
        """Return the top line: of each onset the highest note, (m, 4)."""
        return top_of(self.notes)

    @cached_property
    def bass(self) -> Longs:
        """Return the bass: of each onset the lowest note, (m, 4)."""
        first = np.append(True, self.notes[1:, 0] != self.notes[:-1, 0])
        return np.asarray(self.notes[first[: len(self.notes)]])

    @cached_property
    def intervals(self) -> Longs:
        """Return the semitones from each note of the top line to the next."""
        return np.diff(self.top[:, 1])

    @cached_property
    def snapped(self) -> Longs:
        """Return the onsets of all notes, each brought to the nearest sixteenth or triplet: rhythm without touch."""
        return snapped(self.notes[:, 0])

    @cached_property
    def chords(self) -> Flags:
        """Return which pitch classes sound once each onset has been, (onsets, 12)."""
        changes = np.zeros((len(self.onsets) + 1, 12), np.int64)
        ends = self.notes[:, 0] + self.notes[:, 3]
        for ticks, by in ((self.notes[:, 0], 1), (ends, -1)):
            np.add.at(changes, (np.searchsorted(self.onsets, ticks), self.notes[:, 1] % 12), by)
        return np.asarray(changes.cumsum(0)[:-1] > 0)

    @property
    def first_bar(self) -> int:
        """Return the number of the first bar that has a note; 0 where none has."""
        return int(self.snapped[0]) // self.bar if len(self.notes) else 0

    @cached_property
    def bars(self) -> tuple[Longs, ...]:
        """Return the notes of each bar from the first that has any to the last, onsets snapped and from its bar line.

        Some may have none.
        """
        if not len(self.notes):
            return ()
        rows = np.column_stack((self.snapped, self.notes[:, 1:]))
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        number = rows[:, 0] // self.bar
        rows[:, 0] %= self.bar
        cuts = np.searchsorted(number, np.arange(number[0] + 1, number[-1] + 1))
        return tuple(np.split(rows, cuts))

    def sounding(self, ticks: int) -> Reals:
        """Return for each stretch of so many ticks, from tick 0 on, how long each pitch class sounds (n, 12)."""
        count = -(-self.end // ticks)
        found = np.zeros((count, 12))
        onsets, ends = self.notes[:, 0], self.notes[:, 0] + self.notes[:, 3]
        first, last = onsets // ticks, (ends - 1) // ticks
        for further in range(int((last - first).max(initial=-1)) + 1):
            still = first + further <= last
            at = first[still] + further
            long = np.minimum(ends[still], (at + 1) * ticks) - np.maximum(onsets[still], at * ticks)
            np.add.at(found, (at, self.notes[still, 1] % 12), long)
        return found

    def cut(self, first: int, count: int) -> "Excerpt":
        """Return `count` bars from bar `first` on (the first is 0), with the notes that begin there."""
        begin = first * self.bar
        inside = (self.notes[:, 0] >= begin) & (self.notes[:, 0] < begin + count * self.bar)
        moved = self.notes[inside] - np.array((begin, 0, 0, 0))
        return Excerpt(moved, self.beats, self.pulse, self.name)


def snapped(onsets: Longs) -> Longs:
    """Return onsets, each brought to the nearest sixteenth or triplet of its beat."""
    return np.asarray(onsets // TICKS * TICKS + _NEAREST[onsets % TICKS])


def gaps_of(onsets: Longs) -> Longs:
    """Return the time from each onset to the next, in ticks; one beyond `LONGEST_GAP` counts as that."""
    return np.minimum(np.diff(onsets), LONGEST_GAP)


def of_score(score: Score) -> Excerpt:
    """Return the longest part of a score that keeps to one metre; where that is not known, bars of four."""
    notes = score.notes.astype(np.int64)
    begins = [int(tick) for tick, _ in score.bars] or [0]
    ends = [*begins[1:], max(int(notes[:, 0].max(initial=0)) + 1, begins[-1] + 1)]
    lengths = [end - begin for begin, end in zip(begins, ends, strict=True)]
    longest = int(np.argmax(lengths))
    begin, end = begins[longest], ends[longest]
    eighths = int(score.bars[longest, 1]) if len(score.bars) else 0
    inside = notes[(notes[:, 0] >= begin) & (notes[:, 0] < end)] - np.array((begin, 0, 0, 0))
    beats = eighths / 2 or BEATS
    return Excerpt(inside, beats, _pulse(inside[:, 0], eighths), score.name)


def of_tune(piece: TunePiece) -> Excerpt:
    """Return a tune as it is heard, repeats played out, without what accompanies it.

    A bar that is not full at its beginning is an upbeat.
    """
    state, sounds, first = State(), list[Sounded](), 0
    for letter in piece.text:
        state, more = feed(state, letter)
        sounds += more
        first = first or state.bar
    sounds += finish(state)[1]
    over, of = state.metre
    whole = WHOLE * over // of or round(BEATS * BEAT)
    early = whole - first if 0 < first < whole else 0
    rows = [
        ((one.onset + early) * TICKS // BEAT, pitch, TOUCH, one.length * TICKS // BEAT)
        for one in sounds
        if one.voice >= 0
        for pitch in one.pitches
    ]
    compound = of == 8 and over > 3 and over % 3 == 0
    pulse = COMPOUND if compound else TICKS if of < 8 else TICKS // 2
    return Excerpt(np.array(rows, np.int64).reshape(-1, 4), whole / BEAT, pulse, piece.name)


def of_notes(
    notes: Iterable[Note], beats: float = BEATS, pulse: int = TICKS, name: str = ""
) -> Excerpt:
    """Return notes that were played, without what accompanies them and drums; onsets count from a bar line."""
    rows = [
        (one.onset, one.pitch, one.velocity, one.duration)
        for one in notes
        if one.part not in UNMEASURED
    ]
    return Excerpt(np.array(rows, np.int64).reshape(-1, 4), beats, pulse, name)


def _pulse(onsets: Longs, eighths: int) -> int:
    """Return a beat's ticks. Bars of six eighths are 3/4 or 6/8: what begins in them says which."""
    if eighths % 3 or eighths < 6:
        return TICKS // 2 if eighths % 2 else TICKS
    inside = onsets % (eighths * TICKS // 2)
    threes, twos = inside % COMPOUND == 0, inside % TICKS == 0
    places = [
        len([at for at in range(0, eighths * TICKS // 2, this) if at % other])
        for this, other in ((COMPOUND, TICKS), (TICKS, COMPOUND))
    ]
    compound = np.count_nonzero(threes & ~twos) / max(places[0], 1)
    simple = np.count_nonzero(twos & ~threes) / max(places[1], 1)
    return COMPOUND if eighths % 2 or compound > simple else TICKS
