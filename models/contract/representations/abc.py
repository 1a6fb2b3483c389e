"""`abc`: a step is one character of a tune in ABC; fields come first, in one order, then the tune.

What the characters before say of the next goes in: where in the bar and in the tune it stands, in which key, and
what stood at its place some bars ago.
"""

from typing import Final

from models.contract.errors import ArtifactError
from models.contract.grid import METRES
from models.contract.representation import Column, Repeats, Representation, Vocabulary

NAME: Final = "abc"
CHARACTERS: Final = "characters"
"""The name in the vocabulary of all characters that there are, in the order of their codes."""
MOST: Final = 512
"""Characters of an alphabet at most."""
PLACES: Final = 144
"""Ticks of a bar that have a place of their own; later ones share the last."""
BARS: Final = 48
"""Bars of a tune that have a number of their own; later ones share the last."""

TONICS: Final = 8
"""Letters of a tonic, and none."""
SHARPS: Final = 15
"""Signatures, from seven flats to seven sharps."""
LAGS: Final = ("one bar", "two bars", "four bars", "eight bars")
"""Ago."""
STREAKS: Final = 16
"""How many characters in a row were those of so many bars ago; more count as the last."""


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
        conditions=(
            Column("place", PLACES),
            Column("bar", BARS),
            Column("metre", METRES),
            Column("tonic", TONICS),
            Column("sharps", SHARPS),
            *(Column(f"{lag} ago", len(letters) + 1) for lag in LAGS),
            *(Column(f"as {lag} ago", STREAKS) for lag in LAGS),
        ),
        start=(len(letters),),
        vocabulary={CHARACTERS: list(letters)},
        repeats=Repeats(letter="character"),
    )
