"""What is played to an artifact, and what it plays back, both in the player's own time."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np

from export.evaluate.excerpts import Music, excerpt_of, metre_of, rendered
from export.heard import played_in
from live.declared.knob import Value
from live.declared.knobs import ClockKnobs
from live.engine.offline import Rendering
from live.ipc.news import Confidence
from models.contract.grid import TICKS, UNMEASURED
from models.measures.excerpt import Excerpt

_SECOND: Final = ClockKnobs().tempo / 60 * TICKS
"""Ticks in it, at the clock's own tempo."""


class Pace(NamedTuple):
    """How a phrase is played in: so many times as slowly as the clock goes, from so many seconds after its start on."""

    slower: float = 1.0
    late: float = 0.0


class Heard(NamedTuple):
    """What an artifact plays. sure: whether the clock followed the player's beat when they had played."""

    music: Excerpt
    sure: bool


def played_back(
    made: Music, phrase: Excerpt, knobs: Mapping[str, Value], beats: float, pace: Pace
) -> Heard:
    """Return what an artifact plays when it hears a phrase, in ticks of the player's beats and bars.

    beats: of the player's, from the phrase's beginning, after which nobody listens any more.
    """
    keys = [
        msgspec.structs.replace(key, at=key.at * pace.slower + pace.late)
        for key in played_in(phrase.notes)
    ]
    whole = beats * pace.slower + pace.late * _SECOND / TICKS
    rendering = rendered(made.judged, knobs, whole, metre_of(phrase), keys)
    over = whole * TICKS / _SECOND
    notes = _in_ticks(rendering, pace, over)
    told = [one.follows for one in rendering.news if isinstance(one, Confidence)]
    music = excerpt_of(notes, phrase.beats, phrase.pulse, f"to {phrase.name}")
    return Heard(music, bool(told) and told[-1])


def _in_ticks(
    rendering: Rendering, pace: Pace, over: float
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return notes (n, 4) as they were heard, without what accompanies them and without drums.

    over: the second at which nobody listens any more.
    """
    until: dict[tuple[int, int], int] = {}
    rows: list[list[int]] = []

    def tick(at: float) -> int:
        return round((at - pace.late) / pace.slower * _SECOND)

    for note in sorted(rendering.notes, key=lambda one: one.at):
        if note.part in UNMEASURED:
            continue
        begin = tick(note.at)
        for pitch in note.ended:
            if (before := until.get((note.part, pitch))) is not None:
                rows[before][3] = min(rows[before][3], begin)
        let_go = [at for at in rendering.let_go if at > note.at]
        end = min([rendering.timeline.time_of(note.end), *let_go, max(over, note.at)])
        until[note.part, note.pitch] = len(rows)
        rows.append([begin, note.pitch, note.velocity, tick(end)])
    found = np.array(rows, np.int64).reshape(-1, 4)
    found[:, 3] = np.maximum(found[:, 3] - found[:, 0], 1)
    return found[found[:, 0] >= 0]
