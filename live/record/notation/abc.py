"""A sheet as ABC, after the standard 2.1: a voice for each line of each staff, one after the other.

There is no kept library that writes it; what reads it best, abc2midi and music21, opens it in the tests.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

from live.record.notation.bars import EIGHTH, Bar
from live.record.notation.keys import Spelt, spelt
from live.record.notation.sheet import Line, Sheet, Value, together
from models.abc.keys import LETTERS, SIGNS
from models.contract.grid import TICKS

_ROW: Final = 4
"""Bars in a line of text."""


def write(sheet: Sheet) -> bytes:
    """Return a sheet as a file in ABC."""
    return "".join(f"{line}\n" for line in _text(sheet)).encode()


def fields(number: int, title: str, tempo: float | None) -> Iterator[str]:
    """Yield the first fields of a tune, those that say nothing of its notes."""
    yield f"X:{number}"
    yield f"T:{' '.join(title.replace('%', ' ').split()) or 'take'}"
    if tempo:
        yield f"Q:{_tempo(tempo)}"


def _text(sheet: Sheet) -> Iterator[str]:
    tempi = dict(sheet.tempi)
    first = sheet.bars[0]
    yield from fields(1, sheet.title, tempi.pop(0, None))
    yield f"M:{first.metre}"
    yield "L:1/8"
    numbered = list(_lines(sheet))
    if len(numbered) > 1:
        yield f"%%score {_score(sheet)}"
    yield f"K:{first.key.tonic}{first.key.mode}"
    if len(numbered) == 1 and numbered[0][2] != "treble":
        yield f"%%clef {numbered[0][2]}"
    texts = [
        _bars(line, sheet.bars, tempi if not index else {})
        for index, (*_, line) in enumerate(numbered)
    ]
    for (number, name, clef, channel, _), bars in zip(numbered, texts, strict=True):
        if len(numbered) > 1:
            # Here and not before K:, where some readers find a voice of its own in it.
            yield f'V:{number} clef={clef} name="{name}"'
        yield f"%%MIDI channel {channel}"
        yield "%%MIDI chordattack 0"
        for begins in range(0, len(bars), _ROW):
            closing = " |]" if begins + _ROW >= len(bars) else " |"
            yield " | ".join(bars[begins : begins + _ROW]) + closing


def _lines(sheet: Sheet) -> Iterator[tuple[int, str, str, int, Line]]:
    number = 0
    for part in sheet.parts:
        for staff in part.staves:
            for line in staff.lines:
                number += 1
                yield number, part.name, staff.clef, part.channel, line


def _score(sheet: Sheet) -> str:
    """Return which voices share a staff, ( ), and which staves belong together, { }."""
    number, parts = 0, []
    for part in sheet.parts:
        staves = []
        for staff in part.staves:
            numbers = range(number + 1, number + 1 + len(staff.lines))
            number += len(staff.lines)
            staves.append(f"({' '.join(map(str, numbers))})")
        parts.append(f"{{{' | '.join(staves)}}}" if len(staves) > 1 else staves[0])
    return " ".join(parts)


def _bars(line: Line, bars: Sequence[Bar], tempi: dict[int, float]) -> list[str]:
    """Return a line's bars as text. tempi: those that are marked in it."""
    waiting = sorted(tempi.items())
    texts = []
    before = bars[0]
    for bar, values in zip(bars, line.bars, strict=True):
        text = ""
        if bar.metre != before.metre:
            text += f"[M:{bar.metre}]"
        if bar.key != before.key:
            text += f"[K:{bar.key.tonic}{bar.key.mode}]"
        pen = _Pen(bar)
        for own in together(values):
            while waiting and waiting[0][0] <= own[0].tick:
                text += f"[Q:{_tempo(waiting.pop(0)[1])}]"
            text += pen.write(own)
        texts.append(text.strip())
        before = bar
    return texts


class _Pen:
    """Writes the values of one bar, with the accidentals that they need there."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._altered: dict[tuple[str, int], int] = {}
        self._anywhere: dict[str, int] = {}

    def write(self, values: Sequence[Value]) -> str:
        """Return a value, or the values of one triplet."""
        inside = values[0].tick - self._bar.tick
        space = " " if inside and inside in _beams(self._bar) else ""
        triplet = ""
        if values[0].triplet >= 0:
            triplet = "(3" if len(values) == 3 else f"(3:2:{len(values)}"
        return space + triplet + "".join(self._value(one) for one in values)

    def _value(self, value: Value) -> str:
        length = _length(value.written)
        if not value.pitches:
            # Not x, which shows no rest: some readers pass over it.
            return f"z{length}"
        names = [self._name(spelt(pitch, self._bar.key)) for pitch in value.pitches]
        tie = "-" if value.tied else ""
        if len(names) == 1:
            return names[0] + length + tie
        return f"[{''.join(names)}]{length}{tie}"

    def _name(self, note: Spelt) -> str:
        """Return a note with its accidental, wherever readers may take another for granted.

        Some let an accidental hold in its own octave only, some in all of them.
        """
        letter, alter, octave = note
        own = self._bar.key.signature[LETTERS.index(letter)]
        stands = {self._altered.get((letter, octave), own), self._anywhere.get(letter, own)}
        sign = ""
        if stands != {alter}:
            sign = SIGNS[alter]
            self._altered[letter, octave] = self._anywhere[letter] = alter
        if octave > 4:
            return f"{sign}{letter.lower()}{chr(39) * (octave - 5)}"
        return f"{sign}{letter}{',' * (4 - octave)}"


@lru_cache(64)
def _beams(bar: Bar) -> frozenset[int]:
    """Return where in a bar other notes are beamed together; no eighth is left alone in 7/8."""
    metre = bar.metre
    group = metre.length if metre.beats == 3 and metre.unit >= 8 else max(metre.pulse, TICKS)
    return frozenset(at for at in range(0, bar.length, group) if bar.length - at > EIGHTH)


def _length(ticks: int) -> str:
    times = Fraction(ticks, EIGHTH)
    over = (
        "" if times.denominator == 1 else "/" if times.denominator == 2 else f"/{times.denominator}"
    )
    return f"{'' if times.numerator == 1 else times.numerator}{over}"


def _tempo(tempo: float) -> str:
    return f"1/4={tempo:g}"
