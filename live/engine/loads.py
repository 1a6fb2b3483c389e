"""Artifacts opened beside the music, one at a time: whatever goes wrong is told, and the next is opened."""

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from live.engine import beforehand
from live.machine import realtime
from live.runtime import trial
from models.contract.border import border
from models.contract.errors import ArtifactError, ExtempoError

T = TypeVar("T")


class Wanted(NamedTuple):
    """An artifact that is to be loaded for a voice. asker: see `live.ipc.commands.Command`."""

    voice: int
    path: str
    asker: tuple[str, int] | None = None


class Ended(NamedTuple, Generic[T]):
    """A load that has ended: with what was opened, or with an error, one sentence."""

    asked: Wanted
    loaded: T | None
    error: str = ""


class Loads(Generic[T]):
    """Opens what is asked for; of what waits for one voice the latest counts.

    One that hangs is given up: the next is opened by another thread, and what comes of it counts no more.
    beside: whether it is done on a thread of its own, beside the music, or at once.
    Threads: `ask` and `ended` are the engine's; the opener is called on the thread.
    """

    def __init__(self, opener: Callable[[str], T], beside: bool) -> None:
        self._opener = opener
        self._beside = beside
        self._waiting: dict[int, Wanted] = {}
        self._lock = Lock()
        self._worker: object = None
        """The thread that opens; any other has been given up on."""
        self._opening: Wanted | None = None
        self._ends = 0.0
        """When it is given up on."""
        self._ended: SimpleQueue[Ended[T]] = SimpleQueue()

    def ask(self, load: Wanted) -> None:
        """Begin to open an artifact; `ended` tells when that is done."""
        if not self._beside:
            self._open(load, None)
            return
        with self._lock:
            overtaken = self._waiting.pop(load.voice, None)
            self._waiting[load.voice] = load
        if overtaken is not None:
            text = (
                f"{overtaken.path} was not loaded: voice {load.voice} was asked for another since."
            )
            self._ended.put(Ended(overtaken, None, text))
        self._begin()

    def ended(self) -> list[Ended[T]]:
        """Return what has ended since."""
        self._give_up_what_hangs()
        found = []
        while not self._ended.empty():
            found.append(self._ended.get())
        return found

    def _give_up_what_hangs(self) -> None:
        with self._lock:
            load = self._opening
            if load is None or monotonic() < self._ends:
                return
            self._worker = self._opening = None
        text = f"{load.path} was not loaded, for reading it does not come to an end: does its disk hang?"
        self._ended.put(Ended(load, None, text))
        self._begin()

    def _begin(self) -> None:
        """Start a thread that opens what is waiting, unless one is running."""
        with self._lock:
            if self._worker is not None or not self._waiting:
                return
            worker = self._worker = object()
        try:
            Thread(target=self._work, args=(worker,), name="load", daemon=True).start()
        except RuntimeError:
            while (load := self._next(worker)) is not None:
                text = f"{load.path} was not loaded, for the system gives no thread: ask again."
                self._ended.put(Ended(load, None, text))

    def _next(self, worker: object) -> Wanted | None:
        with self._lock:
            if self._worker is not worker:
                return None
            self._opening = None
            for voice in self._waiting:
                self._ends = monotonic() + trial.PATIENCE + trial.READING
                self._opening = self._waiting.pop(voice)
                return self._opening
            self._worker = None
        return None

    def _work(self, worker: object) -> None:
        # It comes from the engine's thread, and must not take the processor from the music.
        realtime.stand_back()
        while (load := self._next(worker)) is not None:
            self._open(load, worker)

    def _open(self, load: Wanted, worker: object) -> None:
        try:
            with border(lambda said: ArtifactError(f"{load.path} cannot be loaded ({said}).")):
                if self._beside:
                    beforehand.make_ready(Path(load.path))
                    with self._lock:
                        if self._worker is worker:
                            self._ends = monotonic() + trial.READING
                ended = Ended(load, self._opener(load.path))
        except ExtempoError as error:
            ended = Ended(load, None, str(error))
        with self._lock:
            if self._worker is worker:
                self._opening = None
                self._ended.put(ended)
