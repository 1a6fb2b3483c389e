"""Orders to a voice of sound, each at its time; taken at the border of a frame."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from live.engine.sound.keys import NoteMessage
from live.ipc import acts
from live.ipc.news import Sounding
from live.runtime.sound.instrument import Instrument, Kept
from live.runtime.sound.stream import Snapshot, SoundModel


def _untold(_at: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Rewind:
    """Go on from the state in which a time was heard.

    short: told when that was heard which it went to, where what is remembered does not reach so far.
    """

    to: float
    short: Callable[[float], None] = _untold


@dataclass(frozen=True, slots=True)
class Prime:
    """Go on from a state that another stream of the model has come to, if it still plays."""

    model: SoundModel
    state: Snapshot


@dataclass(frozen=True, slots=True)
class Load:
    """Go on with another network."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Rest:
    """Fall silent and make nothing, or go on from where it was."""

    on: bool


@dataclass(frozen=True, slots=True)
class Restore:
    """Have slots that were kept before, where there are none of their names, and go on from what was kept last.

    instrument: which this is for, if it still plays.
    """

    instrument: Instrument
    slots: Mapping[str, Kept]
    last: Kept | None


Order = (
    NoteMessage | acts.SetKnob | acts.Save | acts.Recall | acts.Reset
    | Rewind | Prime | Load | Restore | Rest
)  # fmt: skip


class Outlet(Protocol):
    """Where a voice's orders go: to the thread that plays it, or to what is rendered afterwards."""

    def ask(self, at: float, order: Order) -> None:
        """Have something done in the first frame that is heard at or after `at`."""

    def level(self, gain: float, pan: float) -> None:
        """Set the voice's loudness, linear, and its place from -1 (left) to 1."""

    @property
    def depth(self) -> float:
        """Seconds between drawing a sample and hearing it."""

    def sounding(self) -> Sounding:
        """Return how the voice has done since this was last asked."""


class Orders:
    """What a voice was asked and has not done yet, by time; what has one time, as it was asked.

    Threads: `add` from any; `due` from one at a time.
    """

    def __init__(self) -> None:
        self._asked: deque[tuple[float, Order]] = deque()
        self._waiting: list[tuple[float, int, Order]] = []
        self._turn = count()

    def add(self, at: float, order: Order) -> None:
        """Keep an order until it is due, whatever was asked before it."""
        self._asked.append((at, order))

    def due(self, at: float) -> Order | None:
        """Take the first order whose time has come at `at`, if there is one."""
        while self._asked:
            time, order = self._asked.popleft()
            heappush(self._waiting, (time, next(self._turn), order))
        if self._waiting and self._waiting[0][0] <= at:
            return heappop(self._waiting)[2]
        return None
