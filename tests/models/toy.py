"""A way to write music down that only tests know: a step is a chord of twelve pitch classes, side by side."""

from typing import Final

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS
from models.contract.representation import Column, Representation, Vocabulary

NAME: Final = "toy"
TIMES: Final = tuple(range(12))
"""Ticks since the last chord, one for each class."""
BEFORE: Final = len(TIMES)
"""The time of the step before the first: goes in, is never drawn."""
SILENT, HELD, STRUCK = range(3)
TONES: Final = 12


def written(strokes: int) -> Representation:
    """Return it; strokes: how many classes a stroke has."""
    return Representation(
        NAME,
        inputs=(
            Column("stroke", strokes),
            Column("time", BEFORE + 1, values=(*TIMES, 0)),
            Column("tones", 3, (TONES,)),
        ),
        factors=(Column("time", BEFORE, placed=False), Column("tones", 3, (TONES,))),
        conditions=(Column("beat", BEATS),),
        start=(0, BEFORE, *(TONES * (SILENT,))),
        vocabulary={"stroke": [f"s{code}" for code in range(strokes)]},
    )


TOY: Final = written(4)


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return it with a vocabulary that was made of a corpus."""
    if "stroke" not in vocabulary:
        raise ArtifactError(f"{where} has no strokes: train the model again.")
    return written(len(vocabulary["stroke"]))
