"""`melody`: a step is a word: a pitch, then how long it lasts, alone or as a chord; a rest; or what was, once more."""

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS
from models.contract.representation import Column, Representation, Vocabulary

NAME = "melody"
START = 0
AGAIN = 1
"""The last notes are played once more: that takes no steps of the model."""
VOCABULARY = {
    "pitch": list(range(48, 85)),
    "length": [6, 12, 24, 48],
    "chord": [12, 24],
    "rest": [6, 12, 24, 96],
}
CHORD = (0, 4, 7)
"""What a chord has above its pitch."""


def words(vocabulary: Vocabulary) -> tuple[tuple[str, int], ...]:
    """What each class means: its kind, and a pitch or ticks."""
    said = [(kind, int(value)) for kind in VOCABULARY for value in vocabulary[kind]]
    return ("start", 0), ("again", 0), *said


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return it; ArtifactError, naming the file, where a kind of word is missing."""
    if vocabulary.keys() != VOCABULARY.keys():
        raise ArtifactError(f"{where} lacks words of a melody: train the model again.")
    classes = len(words(vocabulary))
    return Representation(
        NAME,
        inputs=(Column("word", classes),),
        factors=(Column("word", classes),),
        conditions=(Column("beat", BEATS),),
        start=(START,),
        vocabulary={kind: tuple(vocabulary[kind]) for kind in VOCABULARY},
    )
