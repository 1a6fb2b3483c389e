"""A sheet as MusicXML, through music21, which the extra `notation` installs."""

import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from live.record.notation.bars import Bar, NotationError
from live.record.notation.keys import Key, spelt
from live.record.notation.sheet import Line, Part, Sheet, Staff, Value, together
from models.contract.grid import TICKS

_MODES: Final = {
    "": "major",
    "m": "minor",
    "dor": "dorian",
    "phr": "phrygian",
    "lyd": "lydian",
    "mix": "mixolydian",
}
_CONTAINER: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile full-path="score.musicxml"'
    ' media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write(sheet: Sheet) -> bytes:
    """Return a sheet as a file of MusicXML. Raises NotationError, one sentence, where music21 is missing."""
    try:
        from music21 import metadata, stream
        from music21.musicxml.m21ToXml import GeneralObjectExporter
    except ModuleNotFoundError as error:
        raise NotationError(
            f"MusicXML needs the extra `notation` ({error.name} is not installed): {sys.executable} -m pip"
            " install -c constraints.txt -e '.[notation]' where extempo's Makefile is; ABC needs nothing."
        ) from error
    score = stream.Score()
    score.metadata = metadata.Metadata(title=sheet.title, composer="extempo")
    for index, part in enumerate(sheet.parts):
        for one in _part(part, sheet, index):
            score.insert(0, one)
    exporter = GeneralObjectExporter(score)
    exporter.makeNotation = False
    written: bytes = exporter.parse()
    return written


def packed(sheet: Sheet) -> bytes:
    """Return a sheet as compressed MusicXML."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            ("META-INF/container.xml", _CONTAINER.encode()),
            ("score.musicxml", write(sheet)),
        ):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _part(part: Part, sheet: Sheet, number: int) -> Iterable[Any]:
    """Return a part's staves, and the brace around them if there are two. number: 0 shows the tempo."""
    from music21 import instrument, layout, stream

    kind = stream.PartStaff if len(part.staves) > 1 else stream.Part
    staves = []
    for index, staff in enumerate(part.staves):
        one = kind(id=f"{part.name} {index + 1}")
        player = instrument.Instrument(part.name)
        player.partId = f"P{number + 1}"
        player.midiChannel = part.channel - 1
        one.insert(0, player)
        _fill(one, staff, sheet.bars, sheet.tempi if not (number or index) else ())
        staves.append(one)
    if len(staves) > 1:
        return (*staves, layout.StaffGroup(staves, name=part.name, symbol="brace"))
    return staves


def _fill(part: Any, staff: Staff, bars: Sequence[Bar], tempi: Iterable[tuple[int, float]]) -> None:
    from music21 import bar as bar_lines
    from music21 import clef, key, meter, stream, tempo

    before: Bar | None = None
    for index, bar in enumerate(bars):
        measure = stream.Measure(number=index + 1)
        if before is None:
            measure.append(clef.BassClef() if staff.clef == "bass" else clef.TrebleClef())
        if before is None or bar.key != before.key:
            measure.insert(0, key.Key(_tonic(bar.key), _MODES[bar.key.mode]))
        if before is None or bar.metre != before.metre:
            measure.insert(0, meter.TimeSignature(str(bar.metre)))
        for tick, speed in tempi:
            if bar.tick <= tick < bar.end:
                measure.insert(_quarters(tick - bar.tick), tempo.MetronomeMark(number=speed))
        if not bar.whole:
            measure.paddingLeft = 0.0
        lines = [
            line for line in staff.lines if line.first or any(v.pitches for v in line.bars[index])
        ]
        for number, line in enumerate(lines, 1):
            into = measure if len(lines) == 1 else stream.Voice(id=str(number))
            for value in _drawn(line, index, bar):
                into.insert(*value)
            if into is not measure:
                measure.insert(0, into)
        before = bar
        part.append(measure)
    part.getElementsByClass(stream.Measure).last().rightBarline = bar_lines.Barline("final")
    part.makeBeams(inPlace=True)
    part.makeAccidentals(inPlace=True)


def _drawn(line: Line, index: int, bar: Bar) -> Iterable[tuple[Fraction, Any]]:
    """Yield where in the bar music21's notes, chords and rests are, and those."""
    after: tuple[int, ...] = ()
    if index:
        last = line.bars[index - 1][-1]
        after = last.pitches if last.tied else ()
    for values in together(line.bars[index]):
        for place, value in enumerate(values):
            one = _note(value, bar.key, bool(after))
            edge = "start" if not place else "stop" if place == len(values) - 1 else None
            one.duration = _duration(value, edge)
            if not value.pitches:
                one.fullMeasure = value.length == bar.length
                one.style.hideObjectOnPrint = not line.first
            after = value.pitches if value.tied else ()
            yield _quarters(value.tick - bar.tick), one


def _note(value: Value, key: Key, goes_on: bool) -> Any:
    from music21 import chord, note, tie

    if not value.pitches:
        return note.Rest()
    notes = []
    for pitch in value.pitches:
        letter, alter, octave = spelt(pitch, key)
        one = note.Note(f"{letter}{'#' * alter}{'-' * -alter}")
        one.octave = octave
        one.volume.velocity = value.velocity
        if goes_on or value.tied:
            one.tie = tie.Tie(
                "continue" if goes_on and value.tied else "start" if value.tied else "stop"
            )
        notes.append(one)
    return notes[0] if len(notes) == 1 else chord.Chord(notes)


def _duration(value: Value, edge: str | None) -> Any:
    from music21 import duration

    result = duration.Duration(float(_quarters(value.written)))
    if value.triplet >= 0:
        triplet = duration.Tuplet(3, 2)
        triplet.type = edge
        result.appendTuplet(triplet)
    return result


def _tonic(key: Key) -> str:
    name = key.tonic.replace("b", "-")
    return name.lower() if key.mode == "m" else name


def _quarters(ticks: int) -> Fraction:
    return Fraction(ticks, TICKS)
