"""Events as a performance has them: planned and committed by a voice, and paced."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.process import WARM
from models.contract.errors import ArtifactError
from models.contract.stepping import StepModel

RATE: Final = 20.0
"""Events a second."""
OTHERS: Final = 32 << 20
"""Bytes of other memory that are read between two paced events, as other programs would."""
_FIRST: Final = 10
"""Events that are not counted."""
HOT: Final = 500
"""Hot events at most: a process in a real-time class may not run for long without a pause."""


class Player:
    """A voice that plays alone, event after event.

    Threads: one.
    """

    def __init__(self, model: StepModel) -> None:
        self._voice = Generator(1, lambda _path: model)
        self._voice.do(op.Begin(path="", digest="", knobs=defaults(NOTE_KNOBS), tick=0))

    def event(self) -> None:
        """Plan and commit one note, with all steps that lead to it: the trunk, every head, every draw."""
        voice = self._voice
        while (coming := voice.coming) is None:
            if not voice.do(op.Plan(floor=voice.latest.tick, ceiling=-1, end=-1)):
                raise ArtifactError("Nothing can be played with this network: no note follows.")
        note, number = coming
        voice.do(
            op.Commit(
                tick=note.onset, pitch=note.pitch, velocity=note.velocity, duration=note.duration,
                number=number, channel=1, heard=True,
            )
        )  # fmt: skip

    def warm(self) -> None:
        """Take the step that is thrown away, as the engine does while somebody plays."""
        self._voice.warm()


def hot(model: StepModel, seconds: float) -> list[float]:
    """Return the seconds that events took one after the other, caches warm."""
    player = Player(model)
    ends = time.perf_counter() + seconds
    taken: list[float] = []
    while len(taken) < HOT + _FIRST and time.perf_counter() < ends:
        taken.append(timed(player.event))
    return taken[_FIRST:]


def paced(model: StepModel, seconds: float, keep_warm: bool = False) -> list[float]:
    """Return the seconds that events took at `RATE` a second, other memory being read between.

    keep_warm: with the engine's steps that are thrown away between two events.
    """
    player = Player(model)
    others = np.zeros(OTHERS // 8)
    taken: list[float] = []
    for _ in range(_FIRST + max(round(seconds * RATE), 1)):
        next_at = time.perf_counter() + 1 / RATE
        others.sum()
        while keep_warm and next_at - time.perf_counter() > WARM:
            time.sleep(WARM)
            player.warm()
        time.sleep(max(next_at - time.perf_counter(), 0.0))
        taken.append(timed(player.event))
    return taken[_FIRST:]


def timed(work: Callable[[], None]) -> float:
    """Return the seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
