"""`abc`: a step is one character of a tune in ABC; fields come first, in one order, then the tune.

Where in the bar and in the tune the text has come to is known from the characters before, and goes in.
"""

from typing import Final

from models.contract.errors import ArtifactError
from models.contract.grid import METRES
from models.contract.representation import Column, Representation, Vocabulary

NAME: Final = "abc"
CHARACTERS: Final = "characters"
"""The name in the vocabulary of all characters that there are, in the order of their codes."""
MOST: Final = 512
"""Characters of an alphabet at most."""
PLACES: Final = 144
"""Ticks of a bar that have a place of their own; later ones share the last."""
BARS: Final = 48
"""Bars of a tune that have a number of their own; later ones share the last."""


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return the representation with an artifact's alphabet; ArtifactError, naming the file, if that is none."""
    letters = vocabulary.get(CHARACTERS, ())
    known = [letter for letter in letters if isinstance(letter, str) and len(letter) == 1]
    if set(vocabulary) != {CHARACTERS} or not 0 < len(letters) <= MOST:
        raise ArtifactError(f"{where} has no alphabet that this extempo knows: export it again.")
    if len(known) != len(letters) or len(set(known)) != len(known):
        raise ArtifactError(
            f"{where} has an alphabet with what is no character, or one twice: export it again."
        )
    return Representation(
        NAME,
        inputs=(Column("character", len(letters) + 1),),
        factors=(Column("character", len(letters)),),
        conditions=(Column("place", PLACES), Column("bar", BARS), Column("metre", METRES)),
        start=(len(letters),),
        vocabulary={CHARACTERS: list(letters)},
    )
