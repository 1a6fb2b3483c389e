"""Scores of music21 on the grid: repeats played out, ties joined, transposing instruments as they sound.

Chord symbols are no notes of anyone's and are left out; a grace note is a 32nd before the note that it belongs to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

import numpy as np

from models.contract.grid import TICKS
from models.corpus.pieces import WHOLE, Ints, Part, Score
from models.corpus.readers.repeats import measures, order

LONGEST: Final = 64 * TICKS
"""Ticks of a note at most."""
GRACE: Final = TICKS // 8
LOUD: Final = 90
"""The velocity of notes where a score has no dynamics."""
_FASTEST: Final = 6_000.0
"""Beats a minute."""


class _Note(NamedTuple):
    """Of a bar: when it begins there and how long it lasts, in ticks; tied: to what is before, and to what follows."""

    begin: int
    pitch: int
    velocity: int
    length: int
    before: bool
    after: bool


@dataclass
class _Bar:
    """What is written in a bar of all parts. length: ticks."""

    length: int
    metre: tuple[int, int] | None = None
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    notes: dict[int, list[_Note]] = field(default_factory=dict)
    """By the number of who plays them."""


class Said(NamedTuple):
    """What a file says of a part. shifts: by how many halftones it sounds above what is written, of each bar.

    strike: the pitch of a note without one that names no instrument, that of the part's first; -1 where none is said.
    """

    program: int
    drums: bool
    shifts: Sequence[int]
    strike: int = -1


class _Player(NamedTuple):
    name: str
    program: int
    drums: bool


def score_of(name: str, written: Sequence[tuple[Any, Said]]) -> Score:
    """Return what staves of music21 sound like; the score has no parts where that is nothing."""
    players: dict[_Player, int] = {}
    staves = [staff for staff, _ in written]
    bars = [_Bar(length) for length in _lengths(staves)]
    for number, (staff, said) in enumerate(written):
        _read(staff, said, bars, players, first=not number)
    played = [bars[index] for index in order(staves, len(bars))]
    starts = np.cumsum([0, *(bar.length for bar in played)]).tolist()[:-1]
    notes = _tied(played, starts, len(players))
    parts = tuple(Part(*who, _table(notes[number])) for who, number in players.items())
    tempi = {
        start + at: beat
        for start, bar in zip(starts, played, strict=True)
        for at, beat in bar.tempi
    }
    keys = {
        start + at: rest
        for start, bar in zip(starts, played, strict=True)
        for at, *rest in bar.keys
    }
    return Score(
        name,
        tuple(part for part in parts if len(part.notes)),
        _metres(played, starts),
        np.array(sorted(tempi.items()), np.int32).reshape(-1, 2),
        np.array([(at, *key) for at, key in sorted(keys.items())], np.int32).reshape(-1, 3),
    )


def _ticks(beats: Any) -> int:
    return int(beats * TICKS + Fraction(1, 2))


def _lengths(staves: Sequence[Any]) -> list[int]:
    """Return how long each bar is: in exports of some programs a staff has fewer bars, or shorter ones."""
    lengths: list[int] = []
    for staff in staves:
        for number, measure in enumerate(measures(staff)):
            length = _ticks(measure.highestTime)
            if number == len(lengths):
                lengths.append(length)
            lengths[number] = max(lengths[number], length)
    return lengths


def _read(
    staff: Any, said: Said, bars: list[_Bar], players: dict[_Player, int], *, first: bool
) -> None:
    """Put what is written on a staff into its bars. first: whether it is the uppermost, whose metres and keys hold."""
    who = _Player(str(staff.partName or "").strip(), said.program, said.drums)
    loud = LOUD
    for bar, measure, shift in zip(
        bars, measures(staff), chain(said.shifts, repeat(0)), strict=False
    ):
        if first and measure.timeSignature is not None:
            metre = measure.timeSignature
            bar.metre = (metre.numerator, metre.denominator)
        for place in measure.recurse():
            at = _ticks(place.getOffsetInHierarchy(measure))
            kinds = place.classSet
            if "Dynamic" in kinds:
                loud = round(127 * place.volumeScalar) or loud
            elif "KeySignature" in kinds and first:
                minor = getattr(place, "mode", None) == "minor"
                bar.keys.append((at, _sounding(place.sharps or 0, shift), minor))
            elif "MetronomeMark" in kinds and (beat := _beat(place)):
                bar.tempi.append((at, beat))
            elif "NotRest" in kinds and "Harmony" not in kinds:
                number = players.setdefault(who, len(players))
                bar.notes.setdefault(number, []).extend(
                    _struck(place, at, loud, said._replace(shifts=(shift,)))
                )


def _sounding(sharps: int, shift: int) -> int:
    """Return the sharps of a key that is written for an instrument which sounds so many halftones higher."""
    return min(max(sharps + (7 * shift + 6) % 12 - 6, -7), 7)


def _beat(mark: Any) -> int:
    """Return how many microseconds a beat has, 0 where a mark does not say."""
    tempo = mark.getQuarterBPM() if mark.numberSounding or mark.number else None
    return int(60e6 / tempo + 0.5) if tempo and 1 <= tempo <= _FASTEST else 0


def _struck(place: Any, at: int, loud: int, said: Said) -> Iterator[_Note]:
    """Yield the notes of a note or a chord. said: with the shift of its bar."""
    grace = place.duration.isGrace
    length = GRACE if grace else min(max(_ticks(place.quarterLength), 1), LONGEST)
    for one in getattr(place, "notes", (place,)):
        pitch = _pitch(one, said)
        tie = one.tie.type if one.tie is not None else ""
        if 0 <= pitch <= 127:
            own = one.volume.velocity
            velocity = min(max(own if own is not None else loud, 1), 127)
            begin = at - GRACE if grace else at
            yield _Note(
                begin,
                pitch,
                round(velocity),
                length,
                tie in ("stop", "continue"),
                tie in ("start", "continue"),
            )


def _pitch(one: Any, said: Said) -> int:
    """Return a pitch of MIDI, -1 where a note has none."""
    if "Unpitched" in one.classSet:
        mapped = getattr(one.storedInstrument, "percMapPitch", None)
        return int(mapped) if mapped is not None else said.strike
    return int(one.pitch.midi) + (0 if said.drums else said.shifts[0])


def _tied(played: Sequence[_Bar], starts: Sequence[int], players: int) -> list[list[list[int]]]:
    """Return the notes of each player, each onset, pitch, velocity and duration, ties joined.

    A tie may lead to another staff. One that leads nowhere is none.
    """
    notes: list[list[list[int]]] = [[] for _ in range(players)]
    open_ties: dict[tuple[int, int], list[list[int]]] = {}
    """What waits to go on, by the tick at which it does, and its pitch."""
    for start, bar in zip(starts, played, strict=True):
        written = sorted((one, number) for number, of in bar.notes.items() for one in of)
        for one, number in written:
            begin = max(start + one.begin, 0)
            waiting = open_ties.get((begin, one.pitch)) if one.before else None
            if waiting:
                struck = waiting.pop()
                struck[3] = min(begin + one.length - struck[0], LONGEST)
            else:
                struck = [begin, one.pitch, one.velocity, one.length]
                notes[number].append(struck)
            if one.after:
                open_ties.setdefault((begin + one.length, one.pitch), []).append(struck)
    return notes


def _table(notes: list[list[int]]) -> Ints:
    table = np.array(notes, np.int32).reshape(-1, 4)
    return table[np.lexsort((table[:, 1], table[:, 0]))]


def _metres(played: Sequence[_Bar], starts: Sequence[int]) -> Ints:
    """Return where metres begin, anew after each bar that is not as long as its metre says.

    A piece that begins within a bar has its first metre before tick 0.
    """
    rows: list[tuple[int, int, int]] = []
    metre = (0, 4)
    for start, bar in zip(starts, played, strict=True):
        changed = bar.metre is not None and bar.metre != metre
        metre = bar.metre or metre
        length = metre[0] * WHOLE // metre[1]
        if not rows and 0 < bar.length < length:
            rows.append((bar.length - length, *metre))
        elif changed or not rows or (length and (start - rows[-1][0]) % length):
            rows.append((start, *metre))
    return np.array(rows or [(0, 0, 4)], np.int32)
