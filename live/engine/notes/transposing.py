"""Pitches that come back in another key: moved as a whole where that fits, else each to the nearest of its scale."""

from bisect import bisect_left
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.declared.scales import SCALES
from live.engine.notes import masks
from live.engine.notes.history import Moment
from live.engine.notes.pointer import RHYTHM, Place, Places
from live.engine.notes.sampling import Mask
from models.contract.grid import DRUM_KIT

_CONTEXT: Final = 32
"""Notes by which the key is told: before what comes back, and before where it comes."""
_CLEARLY: Final = 0.25
"""By how much better moved pitches have to fit here than those that are not, as a cosine."""


class Notes:
    """See `Tracing`: each note at its tick, as its pitch."""

    steps: float = 1.0
    lines: bool = False

    def front(self, moment: Moment) -> int:
        """Return the tick after a note's onset."""
        return moment.tick + 1

    def trace(self, moment: Moment, before: Moment) -> Place | None:
        """Return a note's onset and pitch; drums have none."""
        note = moment.note
        return None if note is None or note.part == DRUM_KIT else (note.onset, note.pitch)

    def recast(self, places: Places, trail: Places, since: int, knobs: NoteKnobs) -> Places:
        """Return pitches in the key of now."""
        return transposed(places, trail, since, masks.pitches(knobs))

    def rhythm(self, places: Places) -> Places:
        """Return the times alone."""
        return tuple((tick, RHYTHM) for tick, _ in places)

    def elsewhere(self, places: Places, by: int, knobs: NoteKnobs) -> Places:
        """Return pitches so many steps higher in the scale that they are in, or that is asked for."""
        return moved(places, by, masks.pitches(knobs))


def moved(places: Places, by: int, allowed: Mask) -> Places:
    """Return pitches so many steps higher in their scale, which is of the pitches that are allowed.

    Their scale is the key that has most of them. Those beyond the last pitch come back as their time.
    """
    heard = np.bincount([pitch % 12 for _, pitch in places if pitch != RHYTHM], minlength=12)
    keys = [sum(heard[(key + step) % 12] for step in SCALES["major"]) for key in range(12)]
    scale = {(int(np.argmax(keys)) + step) % 12 for step in SCALES["major"]}
    steps = [pitch for pitch in range(len(allowed)) if pitch % 12 in scale and allowed[pitch]]
    steps = steps or np.flatnonzero(allowed).tolist()
    found = []
    for tick, pitch in places:
        place = bisect_left(steps, pitch) + by
        inside = pitch != RHYTHM and 0 <= place < len(steps)
        found.append((tick, steps[place] if inside else RHYTHM))
    return tuple(found)


def transposed(places: Places, trail: Places, since: int, allowed: Mask) -> Places:
    """Return pitches as they are to come back: as their times alone where none may be played at all.

    trail: what was played, oldest first, of which they are from the tick `since` on. allowed: the pitches that
    may be played now, by which a chord is kept as it is, or else its place in the scale.
    """
    by = _modulated(trail, since)
    pitches = [pitch for _, pitch in places if pitch != RHYTHM]
    classes = np.array([allowed[one::12].any() for one in range(12)])
    for more in sorted(range(-6, 7), key=abs):
        if all(classes[(pitch + by + more) % 12] for pitch in pitches):
            return _placed(places, by + more, allowed)
    return tuple((tick, _nearest(pitch + by, allowed)) for tick, pitch in places)


def _modulated(trail: Places, since: int) -> int:
    """Return by how many semitones what is played now lies from what was played then, where that is clear."""
    then = [pitch for tick, pitch in trail if tick < since][-_CONTEXT:]
    now = [pitch for _, pitch in trail][-_CONTEXT:]
    if min(len(then), len(now)) < _CONTEXT:
        return 0
    before, after = (np.bincount(np.array(some) % 12, minlength=12) for some in (then, now))
    length = float(np.linalg.norm(before) * np.linalg.norm(after))
    fits = [float(np.roll(before, by) @ after) / length for by in range(12)]
    best = int(np.argmax(fits))
    if fits[best] < fits[0] + _CLEARLY:
        return 0
    return best - 12 if best > 6 else best


def _placed(places: Places, by: int, allowed: Mask) -> Places:
    """Return pitches so many semitones higher, in the octave in which most of them may be played."""
    inside = {
        octave: sum(_may(pitch + by + octave, allowed) for _, pitch in places)
        for octave in (0, -12, 12, -24, 24)
    }
    moved = by + max(inside, key=lambda octave: (inside[octave], -abs(octave)))
    return tuple(
        (tick, pitch + moved if _may(pitch + moved, allowed) else RHYTHM) for tick, pitch in places
    )


def _may(pitch: int, allowed: Mask) -> bool:
    return 0 <= pitch < len(allowed) and bool(allowed[pitch])


def _nearest(pitch: int, allowed: Mask) -> int:
    pitches = np.flatnonzero(allowed).tolist()
    return min(pitches, key=lambda one: (abs(one - pitch), one), default=RHYTHM)
