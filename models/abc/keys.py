"""Key signatures as the field K: writes them; see the ABC standard 2.1, 3.1.14 and 4.6."""

import re
from typing import Final

from models.abc.ranges import Signs

LETTERS: Final = "CDEFGAB"
NATURAL: Final = (0, 2, 4, 5, 7, 9, 11)
"""Semitones of the letters above C."""
Signature = tuple[Signs, Signs, Signs, Signs, Signs, Signs, Signs]
"""By how many semitones each letter is raised, from C to B."""
NONE: Final[Signature] = (0, 0, 0, 0, 0, 0, 0)

# How often each pitch class is in music in C major and C minor (Temperley, from the Kostka-Payne corpus).
MAJOR: Final = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR: Final = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
TONICS: Final = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
"""Of major keys, from seven flats to seven sharps."""
_FIFTHS: Final = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_MODES: Final = {
    "maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "m": -3, "phr": -4, "loc": -5, "lyd": 1, "": 0,
}  # fmt: skip
_SHARPS: Final = "FCGDAEB"
ALTERED: Final = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
"""What accidentals do."""
SIGNS: Final = {alter: sign for sign, alter in ALTERED.items()}
"""Accidentals, by what they do."""
_PIPES: Final[Signature] = (1, 0, 0, 1, 0, 0, 0)
_KEY: Final = re.compile(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)")
_EXPLICIT: Final = re.compile(r"(\^\^|\^|=|__|_)([a-gA-G])")
_OTHER: Final = ("treble", "bass", "alto", "tenor", "clef", "none", "exp", "perc")


def octave_of(letter: str, marks: str) -> int:
    """Return how many octaves above the one of middle C a note is written: by its letter's size and its marks."""
    return letter.islower() + marks.count("'") - marks.count(",")


def signature(text: str) -> Signature:
    """Return what a K: field says: a tonic, a mode, accidentals of its own.

    What it does not know it passes over, as readers of ABC do.
    """
    raised = list(_named(text))
    for sign, letter in _EXPLICIT.findall(text):
        raised[LETTERS.index(letter.upper())] = ALTERED[sign]
    return (raised[0], raised[1], raised[2], raised[3], raised[4], raised[5], raised[6])


def tonic(text: str) -> int:
    """Return which letter a K: field's tonic is, 1 for C to 7 for B; 0 where it names none."""
    found = _KEY.match(text)
    return LETTERS.index(found[1]) + 1 if found else 0


def named(text: str) -> str:
    """Return a K: field's text in its shortest form: Em, F#, Ador, Dmix^c, Hp, none."""
    if re.match(r"\s*H[Pp]\b", text):
        return text.strip()[:2]
    own = "".join(f"{sign}{letter.lower()}" for sign, letter in _EXPLICIT.findall(text))
    found = _KEY.match(text)
    if not found:
        return f"none{own}"
    letter, sign, word = found.groups()
    mode = _mode(word)
    short = {"min": "m", "aeo": "m", "maj": "", "ion": ""}.get(mode, mode)
    return f"{letter}{sign}{short}{own}"


def _mode(word: str) -> str:
    word = word.lower()
    mode = "m" if word == "m" else word[:3]
    return mode if mode in _MODES and not word.startswith(_OTHER) else ""


def _named(text: str) -> Signature:
    if re.match(r"\s*H[Pp]\b", text):
        return _PIPES if text.strip().startswith("Hp") else NONE
    found = _KEY.match(text)
    if not found:
        return NONE
    letter, sign, word = found.groups()
    if word.lower() == "exp":
        return NONE
    fifths = _FIFTHS[letter] + {"": 0, "#": 7, "b": -7}[sign] + _MODES[_mode(word)]
    return of_fifths(fifths)


def of_fifths(fifths: int) -> Signature:
    """Return the signature of so many sharps, or flats where it is below 0."""
    raised = [0] * 7
    order = _SHARPS if fifths > 0 else _SHARPS[::-1]
    for step in range(min(abs(fifths), 14)):
        raised[LETTERS.index(order[step % 7])] += 1 if fifths > 0 else -1
    return (raised[0], raised[1], raised[2], raised[3], raised[4], raised[5], raised[6])
