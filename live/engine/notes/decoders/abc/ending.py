"""What the next letter depends on, and how an answer in letters leans to its end."""

from collections.abc import Mapping

import numpy as np

from live.engine.notes import masks
from live.engine.notes.decoders.abc import pitches
from live.engine.notes.decoders.abc.copying import Copying
from live.engine.notes.decoders.abc.cursor import PART, Tune
from live.engine.notes.decoders.abc.now import Now
from live.engine.notes.draw import Draw
from live.engine.notes.manner import HOME, Manner
from live.engine.notes.operations import ANY, Plan
from live.engine.notes.sampling import Weights
from models.abc.notes import pitch_of
from models.abc.reader import closed


def now_of(cursor: Tune, draw: Draw, manner: Manner, limits: Plan, alphabet: frozenset[str]) -> Now:
    """Return what the next letter depends on."""
    knobs, shift = draw.knobs, cursor.shift
    harmony = pitches.written(masks.pitches(knobs).tobytes(), shift)
    allowed = pitches.written(manner.allowed.tobytes(), shift)
    copying = Copying(draw.guard, knobs) if draw.guard is not None else None
    ceiling = (limits.ceiling - cursor.origin) * PART if limits.ceiling >= 0 else -1
    now = Now(
        cursor, draw.bars, allowed, manner.polyphony, ceiling, alphabet, harmony, copying,
    )  # fmt: skip
    if manner.lands == ANY:
        return now
    last = manner.pitches(manner.lands, manner.allowed).tobytes()
    root = manner.chord[0] if manner.chord else -1
    return now._replace(lands=landing(cursor, manner), last=pitches.written(last, shift), root=root)


def landing(cursor: Tune, manner: Manner) -> int:
    """Return where in the text the last note of an answer begins, in parts; -1 where nothing is said of it."""
    return -1 if manner.lands == ANY else (manner.lands - cursor.origin) * PART


def home(now: Now, codes: Mapping[str, int]) -> Weights | float:
    """Return the preference for the root of the chord that an answer ends on, where its last note begins."""
    state = now.cursor.state
    if now.lands < 0 or "[" in state.token or closed(state)[0].at != now.lands:
        return 0.0
    bias = np.zeros(len(codes))
    for letter in pitches.NOTES:
        pitch = pitch_of(state, "", letter, "") + now.cursor.shift
        if letter in codes and now.root == pitch % 12:
            bias[codes[letter]] = HOME
    return bias
