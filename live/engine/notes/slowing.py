"""Slow thick chords, on which a voice may settle for ever: it is made busier until it has left them."""

from typing import Final

from live.engine.notes.draw import STRUCK, Draw
from models.contract.grid import TICKS

SLOW: Final = 1.0
"""Onsets a beat at most."""
THICK: Final = 2.5
"""Notes an onset at least."""
ENOUGH: Final = 5
"""Onsets by which it is told at least."""
HURRIED: Final = 2.0
"""How much busier it is made."""


def hurried(draw: Draw) -> float:
    """Return how much busier the next step is to be: 1.0 but where slow thick chords have lasted as long as tires.

    Or as long as is remembered of what was struck.
    """
    struck, patience = draw.last.struck, draw.knobs.tires
    if not patience or len(struck) < THICK * ENOUGH:
        return 1.0
    onsets = sorted({tick for tick, _ in struck})
    beats = (onsets[-1] - onsets[0]) / TICKS
    thick = len(onsets) >= ENOUGH and len(struck) >= THICK * len(onsets)
    slow = len(onsets) - 1 <= SLOW * beats and (beats >= patience or len(struck) > STRUCK)
    return HURRIED if thick and slow else 1.0
