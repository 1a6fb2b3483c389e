"""What a text sounds like on stage: its notes on the clock's grid, as the knobs allow, with accents of the bar."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.decoders.abc.pitches import nearest
from live.engine.notes.draw import Draw
from live.engine.notes.operations import LAST, Plan
from live.engine.notes.touching import touched
from models.abc.notes import Sounds
from models.contract.grid import LONGEST, Note

_TOUCH: Final = 1
"""What the touch is drawn as, beside the letter itself."""
_SOFTER: Final = 10
"""By how much what accompanies is softer."""


def decided(cursor: Tune, sounds: Sounds, knobs: NoteKnobs) -> Tune:
    """Return the text with what a letter has decided still to be played; what was heard is not.

    Nor is what accompanies it, where that has no channel.
    """
    ends = (one.onset + one.length for one in sounds if one.voice >= 0)
    quiet = max((cursor.quiet, *ends))
    ours = [
        one
        for one in sounds
        if one.onset >= cursor.since and (one.voice >= 0 or knobs.chords_channel)
    ]
    return (
        replace(cursor, waiting=tuple(sorted((*cursor.waiting, *ours))), quiet=quiet)
        if sounds
        else cursor
    )


def played(cursor: Tune, draw: Draw, limits: Plan) -> tuple[Tune, tuple[Note, ...]]:
    """Return the notes that are played next, which begin together, and the text without them.

    None where they would begin too late before the end, or wait for others.
    """
    if not cursor.ready:
        return cursor, ()
    onset = cursor.tick_of(cursor.waiting[0].onset)
    if 0 <= limits.end < onset + LAST:
        return cursor, ()
    count = 0
    parts: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for one in cursor.waiting:
        if cursor.tick_of(one.onset) != onset:
            break
        count += 1
        until = cursor.tick_of(one.onset + one.length)
        if limits.end >= 0:
            until = min(until, limits.end)
        lengths = parts[one.voice < 0]
        for pitch in one.pitches:
            lengths[_pitch(pitch + cursor.shift, draw.knobs)] = max(until - onset, 1)
    loud = touched(onset, draw, _TOUCH)
    notes = (note for part in (0, 1) for note in _highest(onset, parts[part], part, loud, draw))
    after = replace(cursor, waiting=cursor.waiting[count:])
    if parts[0]:
        after = after.sounded(onset, max(parts[0]))
    return after, tuple(sorted(notes))


def _highest(
    onset: int, lengths: Mapping[int, int], part: int, loud: int, draw: Draw
) -> Iterator[Note]:
    """Yield the notes of a part for which there is room; lengths: by pitch."""
    loud = max(loud - _SOFTER * part, 1)
    for pitch in sorted(lengths, reverse=True)[: draw.knobs.polyphony]:
        yield Note(onset, pitch, loud, min(lengths[pitch], LONGEST), part)


def _pitch(pitch: int, knobs: NoteKnobs) -> int:
    return nearest(knobs.key, knobs.scale, knobs.low, knobs.high, pitch)
