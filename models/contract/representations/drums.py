"""`drums`: a step is one hit, time since the last, drum, velocity, and how far from its place it is struck.

Hits belong to the nearest place of a beat, a sixteenth or a triplet of one (`PLACES`); the offset is what people make
of it, in quarters of a tick. What lasts is not said: a drum rings as it likes. The kit is data of the artifact.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS, FINE, METRES, TICKS
from models.contract.representation import Column, Representation, Vocabulary
from models.contract.representations.performance import VELOCITIES
from models.contract.spans import TIMES

NAME: Final = "drums"
KIT: Final = (36, 37, 38, 40, 42, 43, 44, 45, 46, 48, 49, 51, 53, 55)
"""Kick; side stick, snare and its rim; hi-hat closed, by foot and open; three toms; crash, ride, its bell, splash."""
PLACES: Final = (0, 4, 6, 8, 12, 16, 18, 20)
"""Ticks of a beat at which hits belong."""
FARTHEST: Final = 8
"""Quarters of a tick that a hit may be from its place."""
ON_PLACE: Final = FARTHEST
"""The class of an offset of nothing."""
OFFSETS: Final = tuple(range(-FARTHEST, FARTHEST + 1))
MOST: Final = 64
"""Drums of a kit at most."""

_LIKE: Final[Mapping[int, tuple[int, ...]]] = {
    22: (42,), 26: (46,), 35: (36,), 39: (38,), 41: (43,), 47: (45,), 50: (48,), 52: (49,), 54: (42,), 56: (53,),
    57: (49,), 58: (43,), 59: (51,), 36: (35,), 37: (40, 38), 40: (38,), 53: (51,), 55: (49,), 44: (42,), 46: (42,),
}  # fmt: skip
"""Drums that sound alike, by their keys: 22 and 26 are edges of the hi-hat on electronic kits."""


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return the representation with an artifact's kit; ArtifactError, naming the file, for what is none."""
    kit = tuple(vocabulary.get("drum", ()))
    good = all(isinstance(key, int) and 0 <= key <= 127 for key in kit)
    if not (good and 0 < len(kit) <= MOST and list(kit) == sorted(set(kit))):
        raise ArtifactError(f"{where} has no kit of 1 to {MOST} rising MIDI keys: export it again.")
    said: dict[str, Sequence[int | str]] = {**_SAID, "drum": list(kit)}
    if dict(vocabulary) != said:
        raise ArtifactError(
            f"{where} writes drums otherwise than this extempo does: train the model again, or use the extempo "
            "that it was made with."
        )
    keys = tuple(int(key) for key in kit)
    return Representation(
        NAME,
        inputs=(
            Column("time", len(TIMES), values=TIMES),
            Column("drum", len(keys) + 1, values=(*keys, -1)),
            Column("velocity", VELOCITIES),
            Column("offset", len(OFFSETS), values=OFFSETS),
        ),
        factors=(
            Column("time", len(TIMES), placed=False),
            Column("drum", len(keys)),
            Column("velocity", VELOCITIES),
            Column("offset", len(OFFSETS)),
        ),
        conditions=(Column("beat", BEATS), Column("tick", TICKS), Column("metre", METRES)),
        start=(0, len(keys), 0, ON_PLACE),
        vocabulary=said,
    )


def kit_of(vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the MIDI keys of a vocabulary's drums."""
    return tuple(int(key) for key in vocabulary["drum"])


@lru_cache(1024)
def drum_code(key: int, kit: tuple[int, ...]) -> int:
    """Return the drum of a kit that a MIDI key is played on: its own, one that sounds alike, or the nearest key."""
    for one in (key, *_LIKE.get(key, ())):
        if one in kit:
            return kit.index(one)
    return min(range(len(kit)), key=lambda code: abs(kit[code] - key))


def placed(inside: int) -> tuple[int, int]:
    """Return the tick of the place where a hit belongs, and the class of its offset.

    inside: when it is struck, in quarters of a tick since a bar began.
    """
    beat, fine = divmod(inside, TICKS * FINE)
    place = min((*PLACES, TICKS), key=lambda tick: abs(tick * FINE - fine))
    return beat * TICKS + place, fine - place * FINE + ON_PLACE


_SAID: Final[Mapping[str, Sequence[int | str]]] = {
    "ticks": [TICKS],
    "time": list(TIMES),
    "place": list(PLACES),
    "offset": list(OFFSETS),
    "velocity": [VELOCITIES],
    "metre": [METRES],
    "beat": [BEATS],
}
DRUMS: Final = of({**_SAID, "drum": list(KIT)}, NAME)
