"""How an answer is given, by a representation whose steps are notes: in the player's texture, and to an end.

It lands on a strong beat, on a chord of the key, with notes that ring until it is over. All of it is masks and
leanings of the draws, from what a moment keeps, the knobs and the limits.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.declared.scales import KEYS, SCALES, sharp
from live.engine.notes import masks
from live.engine.notes.draw import Draw
from live.engine.notes.fitting import Key
from live.engine.notes.operations import ANY, Plan
from live.engine.notes.phrase import Phrase, phrase_of
from live.engine.notes.sampling import Mask, Weights
from live.time.clock import Bars
from models.contract.grid import TICKS

BEYOND: Final = 7
"""Semitones by which the answer to one line may go beyond its lowest and its highest note; to chords an octave."""
NEAR: Final = TICKS // 4
"""Ticks before the landing in which nothing begins."""
RINGS: Final = 0.7
"""How much of the time until the end the last notes ring at least."""
HOME: Final = 3.0
"""How much likelier the last bass, or the last note of one line, is the chord's root, as a logarithm."""
LEAN: Final = 0.5
"""How far lengths lean to those of the phrase."""
LOOSE: Final = 0.7
"""The deviation of lengths that is left free at least, in octaves."""
ASKING: Final = (5, 8, 9)
"""Degrees, in semitones above the tonic, whose harmony leads to the dominant: a phrase that ends there asks for it."""
_DEFAULT: Final = NoteKnobs()
_PITCHES: Final = np.arange(128)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the next note of an answer is drawn.

    allowed: the pitches it may have. polyphony: notes that begin together at most. lands: the tick at which the last
    ones begin, ANY where nothing is said of it. end: until when those ring. chord: their pitch classes, the root
    first; () for any. phrase: whose lengths it leans to, or None.
    """

    allowed: Mask
    polyphony: int
    lands: int = ANY
    end: int = ANY
    chord: tuple[int, ...] = ()
    phrase: Phrase | None = None

    def landed(self, draw: Draw) -> bool:
        """Return whether the last notes have begun: only what sounds with them may follow."""
        return self.lands != ANY and draw.last.own and draw.last.cursor.tick == self.lands

    def reaches(self, onsets: Weights) -> Mask:
        """Return which onsets do not pass by the landing."""
        return np.asarray((onsets <= self.lands - NEAR) | (onsets == self.lands))

    def pitches(self, onset: int, allowed: Mask) -> Mask:
        """Return which of the allowed pitches a note may have that begins then."""
        if onset != self.lands or not self.chord:
            return allowed
        within = allowed & np.isin(_PITCHES % 12, self.chord)
        return within if within.any() else allowed

    def home(self, onset: int, first: bool) -> Weights | float:
        """Return the preference for the root, where the last notes begin. first: it is the lowest of them."""
        if onset != self.lands or not self.chord or not first:
            return 0.0
        return np.where(self.chord[0] == _PITCHES % 12, HOME, 0.0)

    def rings(self, onset: int, lengths: Weights, allowed: Mask) -> Mask:
        """Return which of the allowed lengths a note may have: the last ones ring, and one line stays one."""
        if self.lands == ANY or onset > self.lands:
            return allowed
        if onset == self.lands:
            ringing = allowed & (lengths >= RINGS * (self.end - onset))
        elif self.polyphony == 1:
            ringing = allowed & (onset + lengths <= self.lands)
        else:
            return allowed
        return ringing if ringing.any() else allowed

    def lean(self, onset: int, octaves: Weights) -> Weights | float:
        """Return the preference for lengths like the phrase's. octaves: the logarithms of what lengths there are."""
        phrase = self.phrase
        if phrase is None or phrase.length is None or onset == self.lands:
            return 0.0
        return _leaning(phrase.length, max(phrase.spread, LOOSE), octaves.tobytes())


def manner_of(draw: Draw, limits: Plan) -> Manner:
    """Return how the next note is drawn between these limits; of no answer, as the knobs say."""
    knobs = draw.knobs
    allowed, polyphony = masks.pitches(knobs), knobs.polyphony
    if limits.end == ANY:
        return Manner(allowed, polyphony)
    phrase = phrase_of(draw.last.phrase)
    told = phrase if knobs.texture else None
    if told is not None:
        allowed, polyphony = _texture(knobs, told)
    if not knobs.closing:
        return Manner(allowed, polyphony, phrase=told)
    lands = landing(limits.end, draw.bars, phrase.until if phrase else ANY)
    if limits.floor > lands:
        # Too late to land well.
        lands = ANY
    chord = last_chord(knobs, phrase)
    return Manner(allowed, polyphony, lands, limits.end, chord, told)


def _texture(knobs: NoteKnobs, phrase: Phrase) -> tuple[Mask, int]:
    """Return the pitches and how many notes together, as in the phrase; what the player has turned goes first."""
    allowed, polyphony = masks.pitches(knobs), knobs.polyphony
    if polyphony == _DEFAULT.polyphony:
        polyphony = min(phrase.voices, polyphony)
    if (knobs.low, knobs.high) == (_DEFAULT.low, _DEFAULT.high):
        beyond = BEYOND if phrase.voices == 1 else 12
        near = masks.pitches_between(knobs, phrase.low - beyond, phrase.high + beyond)
        allowed = near if near.any() else allowed
    return allowed, polyphony


def landing(end: int, bars: Bars, since: int) -> int:
    """Return the tick at which the last notes of an answer begin; ANY where there is no room for it.

    That is the last strong beat before its end that leaves a beat, or where that is too near to its beginning, the
    last beat. since: when the phrase that it answers ended.
    """
    strong, latest = half_bar(bars), end - TICKS
    start = bars.start_of(latest)
    found = start + (latest - start) // strong * strong
    first = since + bars.metre.beat
    if since != ANY and found <= first:
        found = bars.beat_of(latest)
    return found if since == ANY or found > first else ANY


def half_bar(bars: Bars) -> int:
    """Return the ticks from one strong beat to the next: half a bar where it has one, else a bar."""
    metre = bars.metre
    pulses = metre.length // metre.pulse
    halves = pulses % 2 == 0 and (pulses >= 4 or metre.pulse > metre.beat)
    return metre.length // 2 if halves else metre.length


def last_chord(knobs: NoteKnobs, phrase: Phrase | None) -> tuple[int, ...]:
    """Return the pitch classes that an answer ends on, the root first; () where no key is known.

    They are the tonic's, or the dominant's where it is asked for, in the key that the knobs say or else that was heard.
    """
    key = told_key(knobs) or (phrase.key if phrase else None)
    if key is None:
        return ()
    asks = phrase is not None and (phrase.top - key.tonic) % 12 in ASKING
    root, third = (key.tonic + 7, 4) if asks else (key.tonic, 3 if key.minor else 4)
    return tuple((root + one) % 12 for one in (0, third, 7))


def told_key(knobs: NoteKnobs) -> Key | None:
    """Return the key that the knobs say, None where they allow all pitches."""
    scale = SCALES[knobs.scale]
    if len(scale) == 12:
        return None
    return Key(KEYS.index(sharp(knobs.key)), 4 not in scale)


@lru_cache(32)
def _leaning(length: float, spread: float, octaves: bytes) -> Weights:
    away = (np.frombuffer(octaves) - length) / spread
    leaning = -0.5 * LEAN * away**2
    leaning.setflags(write=False)
    return np.asarray(leaning)
