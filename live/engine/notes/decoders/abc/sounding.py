"""What a text sounds like on stage: its notes on the clock's grid, as the knobs allow, with accents of the bar."""

from dataclasses import replace
from typing import Final

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.decoders.abc.pitches import nearest
from live.engine.notes.draw import Draw
from live.engine.notes.history import louder
from live.engine.notes.operations import LAST, Plan
from live.engine.notes.sampling import uniform
from live.time.clock import Bars
from models.abc.notes import Sounds
from models.contract.grid import LONGEST, Note

_TOUCH: Final = 1
"""What the touch is drawn as, beside the letter itself."""
_ACCENTS: Final = (0.5, 0.2, 0.0, -0.25)
"""How much louder a note is at the bar line, on a pulse, on a beat, and elsewhere, in spreads."""
_UNEVEN: Final = 0.3


def decided(cursor: Tune, sounds: Sounds) -> Tune:
    """Return the text with what a letter has decided still to be played; what was heard is not."""
    if not sounds:
        return cursor
    quiet = max(cursor.quiet, *(one.onset + one.length for one in sounds))
    ours = sorted(one for one in sounds if one.onset >= cursor.since)
    return replace(cursor, waiting=(*cursor.waiting, *ours), quiet=quiet)


def played(cursor: Tune, draw: Draw, limits: Plan) -> tuple[Tune, tuple[Note, ...]]:
    """Return the notes that are played next, which begin together, and the text without them.

    None where they would begin too late before the end.
    """
    if not cursor.waiting:
        return cursor, ()
    onset = cursor.tick_of(cursor.waiting[0].onset)
    if 0 <= limits.end < onset + LAST:
        return cursor, ()
    count = 0
    lengths: dict[int, int] = {}
    for one in cursor.waiting:
        if cursor.tick_of(one.onset) != onset:
            break
        count += 1
        until = cursor.tick_of(one.onset + one.length)
        if limits.end >= 0:
            until = min(until, limits.end)
        for pitch in one.pitches:
            lengths[_pitch(pitch + cursor.shift, draw.knobs)] = max(until - onset, 1)
    loud = _velocity(onset, draw)
    highest = sorted(lengths, reverse=True)[: draw.knobs.polyphony]
    notes = tuple(Note(onset, one, loud, min(lengths[one], LONGEST)) for one in sorted(highest))
    return replace(cursor, waiting=cursor.waiting[count:]), notes


def _pitch(pitch: int, knobs: NoteKnobs) -> int:
    return nearest(knobs.key, knobs.scale, knobs.low, knobs.high, pitch)


def _velocity(onset: int, draw: Draw) -> int:
    knobs = draw.knobs
    spread = min(knobs.spread, 24.0)
    drawn = uniform(knobs.seed, draw.voice, draw.last.number, _TOUCH) - 0.5
    loud = knobs.velocity + spread * (_accent(onset, draw.bars) + _UNEVEN * drawn)
    return min(max(round(loud) + louder(draw.last.heard), 1), 127)


def _accent(onset: int, bars: Bars) -> float:
    inside = onset - bars.start_of(onset)
    for length, accent in zip(
        (bars.length, bars.metre.pulse, bars.metre.beat), _ACCENTS, strict=False
    ):
        if inside % length == 0:
            return accent
    return _ACCENTS[-1]
