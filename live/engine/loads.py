"""Artifacts opened beside the music, one at a time: whatever goes wrong is told, and the next is opened."""

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, NamedTuple, TypeVar

from live import realtime
from live.commands import Load
from live.engine import beforehand
from models.contract.border import border
from models.contract.errors import ArtifactError, ExtempoError

T = TypeVar("T")


class Ended(NamedTuple, Generic[T]):
    """A load that has ended: with what was opened, or with an error, one sentence."""

    asked: Load
    loaded: T | None
    error: str = ""


class Loads(Generic[T]):
    """Opens what is asked for; of what waits for one voice the latest counts.

    beside: whether it is done on a thread of its own, beside the music, or at once.
    Threads: `ask` and `ended` are the engine's; the opener is called on the thread.
    """

    def __init__(self, opener: Callable[[str], T], beside: bool) -> None:
        self._opener = opener
        self._beside = beside
        self._waiting: dict[int, Load] = {}
        self._lock = Lock()
        self._runs = False
        self._ended: SimpleQueue[Ended[T]] = SimpleQueue()

    def ask(self, load: Load) -> None:
        """Begin to open an artifact; `ended` tells when that is done."""
        if not self._beside:
            self._open(load)
            return
        with self._lock:
            overtaken = self._waiting.pop(load.voice, None)
            self._waiting[load.voice] = load
            begins, self._runs = not self._runs, True
        if overtaken is not None:
            text = (
                f"{overtaken.path} was not loaded: voice {load.voice} was asked for another since."
            )
            self._ended.put(Ended(overtaken, None, text))
        if begins:
            self._begin()

    def ended(self) -> list[Ended[T]]:
        """Return what has ended since."""
        found = []
        while not self._ended.empty():
            found.append(self._ended.get())
        return found

    def _begin(self) -> None:
        try:
            Thread(target=self._work, name="load", daemon=True).start()
        except RuntimeError:
            while (load := self._next()) is not None:
                text = f"{load.path} was not loaded, for the system gives no thread: ask again."
                self._ended.put(Ended(load, None, text))

    def _next(self) -> Load | None:
        with self._lock:
            for voice in self._waiting:
                return self._waiting.pop(voice)
            self._runs = False
        return None

    def _work(self) -> None:
        # It comes from the engine's thread, and must not take the processor from the music.
        realtime.stand_back()
        while (load := self._next()) is not None:
            self._open(load)

    def _open(self, load: Load) -> None:
        try:
            with border(lambda said: ArtifactError(f"{load.path} cannot be loaded ({said}).")):
                if self._beside:
                    beforehand.make_ready(Path(load.path))
                self._ended.put(Ended(load, self._opener(load.path)))
        except ExtempoError as error:
            self._ended.put(Ended(load, None, str(error)))
