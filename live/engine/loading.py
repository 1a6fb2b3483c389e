"""Artifacts that play or are about to: loaded beside the music, handed over when the bar comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from live import realtime
from live.knobs import Value, find
from models.contract.errors import ExtempoError
from models.contract.stream import EventStream


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to step: warmed up, its file checked.

    digest: the file's SHA-256. knobs: the defaults that suit it.
    """

    model: EventStream
    name: str
    digest: str
    knobs: Mapping[str, Value] = field(default_factory=dict)


class Library:
    """Opens artifacts by path, each once.

    beside: whether `ask` opens on a thread of its own, beside the music; offline nothing waits.
    Threads: the engine's, but for the opening itself, which `ask` does on a thread of its own.
    """

    def __init__(self, opener: Callable[[str], Loaded], beside: bool = True) -> None:
        self._opener = opener
        self._beside = beside
        self._loaded: dict[str, Loaded] = {}
        self._finished: SimpleQueue[tuple[int, str, Loaded | str]] = SimpleQueue()

    def load(self, path: str) -> None:
        """Open an artifact now. Raises ArtifactError where it cannot be played."""
        if path not in self._loaded:
            self._loaded[path] = self._opener(path)

    def ask(self, voice: int, path: str) -> None:
        """Begin to open an artifact for a voice; `finished` tells when it is ready."""
        if self._beside:
            Thread(target=self._open_beside, args=(voice, path), name="load", daemon=True).start()
        else:
            self._open(voice, path)

    def finished(self) -> list[tuple[int, str, str]]:
        """Return what was asked for and has ended since: voice, path, and an error or nothing."""
        results = []
        while not self._finished.empty():
            voice, path, loaded = self._finished.get()
            if isinstance(loaded, Loaded):
                self._loaded[path] = loaded
                results.append((voice, path, ""))
            else:
                results.append((voice, path, loaded))
        return results

    def take(self, path: str) -> EventStream:
        """Return a loaded artifact's model; load it now where that has not been done."""
        self.load(path)
        return self._loaded[path].model

    def digest(self, path: str) -> str:
        """Return a loaded artifact's SHA-256."""
        return self._loaded[path].digest

    def name(self, path: str) -> str:
        """Return what a loaded artifact calls itself."""
        return self._loaded[path].name

    def knobs(self, path: str) -> Mapping[str, Value]:
        """Return the knob defaults that suit a loaded artifact."""
        return self._loaded[path].knobs

    def _open_beside(self, voice: int, path: str) -> None:
        # It comes from the engine's thread, and must not take the processor from the music.
        realtime.stand_back()
        self._open(voice, path)

    def _open(self, voice: int, path: str) -> None:
        try:
            result: Loaded | str = self._opener(path)
        except ExtempoError as error:
            result = str(error)
        self._finished.put((voice, path, result))


def open_artifact(path: str) -> Loaded:
    """Open an artifact's file. Any thread may call it.

    Raises ArtifactError where it cannot be played, KnobError where it asks for knobs that are not there.
    """
    from live.runtime.events import EventModel

    model = EventModel.open(Path(path))
    knobs = {
        name: find("events", name).check(value) for name, value in model.document.knobs.items()
    }
    return Loaded(model, model.document.name, model.digest, knobs)
