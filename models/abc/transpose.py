"""A tune in another key: its letters moved, its accidentals as they stand to the key."""

import re
from typing import Final

from models.abc.keys import (
    ALTERED,
    LETTERS,
    SIGNS,
    TONICS,
    Signature,
    octave_of,
    of_fifths,
    signature,
)

_TOKEN: Final = re.compile(
    r"\"[^\"\n]*\"?|![^!\n]*!|%[^\n]*|\[[A-Za-z]:[^\]\n]*\]|(\^\^|\^|=|__|_)?([A-Ga-g])([,']*)"
)
_KEY: Final = re.compile(r"^K:\s*([A-G])([#b]?)\s*([A-Za-z]*)[ \t]*$", re.MULTILINE)
FEWEST, MOST = -3, 4
"""Flats and sharps that a key has at most, once it is moved."""


def transposed(tune: str, fifths: int) -> str:
    """Return a tune moved by so many keys along the circle of fifths, up or down, whichever is nearer.

    A tune stays as it is where its key is written in another way, changes on the way, or would have more
    sharps or flats than tunes are written in, or where an accidental cannot be written.
    """
    found = _KEY.findall(tune)
    if not fifths or len(found) != 1 or tune.count("K:") != 1:
        return tune
    letter, sign, mode = found[0]
    place = TONICS.index(letter + sign) + fifths if letter + sign in TONICS else -1
    before = signature(f"{letter}{sign} {mode}")
    sharps = sum(before) + fifths
    if not 0 <= place < len(TONICS) or not FEWEST <= sharps <= MOST:
        return tune
    moved, after = TONICS[place], of_fifths(sharps)
    steps = (LETTERS.index(moved[0]) - LETTERS.index(letter) + 3) % 7 - 3
    head, _, body = re.split(r"^(K:[^\n]*\n)", tune, maxsplit=1, flags=re.MULTILINE)
    try:
        text = _TOKEN.sub(lambda token: _moved(token, steps, before, after), body)
    except KeyError:
        return tune
    return f"{head}K:{moved}{mode}\n{text}"


def _moved(token: "re.Match[str]", steps: int, before: Signature, after: Signature) -> str:
    sign, letter, octaves = token.groups()
    if letter is None:
        return token[0]
    was = LETTERS.index(letter.upper())
    more, place = divmod(was + steps, 7)
    octave = octave_of(letter, octaves) + more
    written = ""
    if sign:
        written = SIGNS[after[place] + ALTERED[sign] - before[was]]
    name = LETTERS[place]
    if octave > 0:
        return f"{written}{name.lower()}{chr(39) * (octave - 1)}"
    return f"{written}{name}{',' * -octave}"
