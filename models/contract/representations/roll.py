"""`roll`: a step is one tick of a piano roll: for each pitch struck, held or silent; how hard, and for how long.

A tick is so many of the grid's, a sixteenth if nothing else is said. What is held goes in, as a condition: it follows
from how long notes last, which is drawn as they are struck. Silence is steps like any other.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from models.contract.errors import ArtifactError
from models.contract.grid import BEATS, LONGEST, METRES, TICKS
from models.contract.representation import Codes, Column, Representation, Vocabulary

NAME: Final = "roll"
TICK: Final = "tick"
"""The name in the vocabulary of how many ticks of the grid a tick of the roll has."""
APART: Final = "apart"
"""The name in the vocabulary of how pitches of a tick are drawn, where that is not jointly."""
SIXTEENTH: Final = TICKS // 4
PITCHES: Final = 128
TOUCHES: Final = 8
"""How hard a pitch may be struck; as codes they begin at 1."""
_SPAN: Final = 128 // TOUCHES
ABLE: Final = (3, 4, 6, 12)
"""How many ticks of the grid a tick may have: bars of eighths have a whole number of them."""
_LENGTHS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64)


def roll(tick: int = SIXTEENTH, *, jointly: bool = True) -> Representation:
    """Return a roll of such ticks. jointly: each pitch of a tick is drawn given those below it, else each by itself."""
    lasting = lengths(tick)
    places = (PITCHES,)
    vocabulary: dict[str, list[int | str]] = {
        TICK: [tick],
        "pitches": [PITCHES],
        "touch": [touch_of(code) for code in range(1, TOUCHES + 1)],
        "lengths": list(lasting),
        "metre": [METRES],
        "beat": [BEATS],
    }
    if not jointly:
        vocabulary[APART] = [1]
    return Representation(
        NAME,
        inputs=(
            Column("struck", TOUCHES + 1, places),
            Column("length", len(lasting) + 2, places),
        ),
        factors=(
            Column("struck", TOUCHES + 1, places, joint=jointly),
            Column("length", len(lasting) + 1, places, of="struck"),
        ),
        conditions=(
            Column("beat", BEATS),
            Column("tick", TICKS),
            Column("metre", METRES),
            Column("held", 2, places),
        ),
        start=(0,) * (2 * PITCHES),
        vocabulary=vocabulary,
    )


def of(vocabulary: Vocabulary, where: str) -> Representation:
    """Return the representation with an artifact's tick; ArtifactError, naming the file, for what is none."""
    ticks = vocabulary.get(TICK, ())
    if len(ticks) != 1 or ticks[0] not in ABLE:
        raise ArtifactError(
            f"{where} has a roll whose tick is {list(ticks)[:4]} of {TICKS} a beat, and it may be one of "
            f"{', '.join(map(str, ABLE))}: export it again."
        )
    made = roll(int(ticks[0]), jointly=APART not in vocabulary)
    if made.vocabulary != {name: list(values) for name, values in vocabulary.items()}:
        raise ArtifactError(
            f"{where} was trained with another roll than this extempo's: train the model again, or use the "
            "extempo that it was made with."
        )
    return made


def tick_of(written: Representation) -> int:
    """Return how many ticks of the grid a tick of this roll has."""
    return int(written.vocabulary[TICK][0])


def lengths(tick: int) -> tuple[int, ...]:
    """Return how long notes may last, in ticks of the roll; as codes they begin at 1."""
    return tuple(one for one in _LENGTHS if one * tick <= LONGEST)


def key_down(tick: int) -> int:
    """Return the code of the length of a note whose key is still down: goes in, is never drawn."""
    return len(lengths(tick)) + 1


def touch_code(velocity: int) -> int:
    """Return the code of a MIDI velocity."""
    return 1 + min(max(velocity, 0), 127) // _SPAN


def touch_of(code: int) -> int:
    """Return the MIDI velocity in the middle of a touch."""
    return (code - 1) * _SPAN + _SPAN // 2


def row(struck: Iterable[tuple[int, int, int]]) -> Codes:
    """Return the codes of a step. struck: pitch, touch and length, as codes, of each pitch that is."""
    codes = np.zeros(2 * PITCHES, np.int64)
    for pitch, touch, length in struck:
        codes[pitch], codes[PITCHES + pitch] = touch, length
    return codes
