"""Chord symbols, as they stand over a tune: their notes, and the strokes of who accompanies it."""

import re
from typing import Final

from msgspec.structs import replace

from models.abc.keys import LETTERS, NATURAL
from models.abc.state import SECTION, WHOLE, Sounded, State

VOICE: Final = -1
"""The voice of what accompanies."""
KINDS: Final = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "dim": (0, 3, 6), "aug": (0, 4, 8), "sus4": (0, 5, 7),
}  # fmt: skip
"""Semitones above the root."""
SYMBOL: Final = re.compile(rf"([A-G])([#b]?)({'|'.join(KINDS)})(?:/([A-G])([#b]?))?")
_BASS: Final = 36
"""The C from which a bass note is; chords are an octave above."""
_SHORTEST: Final = WHOLE // 8


def bass_and_chord(symbol: str) -> tuple[int, tuple[int, ...]]:
    """Return a symbol's bass note and its chord. Raises ValueError where it is none."""
    found = SYMBOL.fullmatch(symbol)
    if not found:
        raise ValueError(f"{symbol!r} is no chord symbol")
    root = _above(found[1], found[2])
    bass = _above(found[4], found[5]) if found[4] else root
    chord = sorted(_BASS + 12 + (root + step) % 12 for step in KINDS[found[3]])
    return _BASS + bass, tuple(chord)


def text(state: State, token: str) -> tuple[State, tuple[Sounded, ...]]:
    """Read a text: a chord symbol stands until the next; others are for the eye."""
    symbol = token.strip('"')
    if not SYMBOL.fullmatch(symbol):
        return state, ()
    state, sounds = strokes(state)
    return replace(state, harmony=symbol, strummed=max(state.strummed, state.at)), sounds


def strokes(state: State) -> tuple[State, tuple[Sounded, ...]]:
    """Accompany what has come since it was last done: the bass where a bar begins, the chord on its other beats.

    Each stroke lasts a beat, whatever comes in it: it is known before that.
    """
    since, until = state.strummed, state.at
    if not state.harmony or since >= until:
        return state, ()
    state = replace(state, strummed=until)
    bass, chord = bass_and_chord(state.harmony)
    beat = _beat(state.metre)
    first = state.bar + -(-(since - state.bar) // beat) * beat
    sounds = tuple(
        Sounded(onset, beat, (bass,) if onset == state.bar else chord, VOICE)
        for onset in range(first, until, beat)
        if onset >= 0
    )
    section = (*state.section, *sounds)
    if state.began < 0 or len(section) > SECTION:
        return replace(state, section=(), began=-1), sounds
    return replace(state, section=section), sounds


def _beat(metre: tuple[int, int]) -> int:
    beats, over = metre
    if over == 8 and beats % 3 == 0 and beats > 3:
        return 3 * WHOLE // 8
    return max(WHOLE // over, _SHORTEST) if beats else WHOLE // 4


def _above(letter: str, sign: str) -> int:
    return (NATURAL[LETTERS.index(letter)] + {"": 0, "#": 1, "b": -1}[sign]) % 12
