"""Artifacts that play or are about to: loaded beside the music, handed over when the bar comes."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from live.declared.knob import PLAYS, Kind, Value
from live.engine.loads import Loads, Wanted
from live.runtime.opening import Opened
from models.contract.document import Document
from models.contract.errors import ArtifactError

Opener = Callable[[str], Opened]


class Artifacts:
    """Opens artifacts by path, and has those that play or are about to.

    beside: whether `ask` opens on a thread of its own, beside the music; offline nothing waits.
    Threads: the engine's.
    """

    def __init__(self, opener: Opener, beside: bool = True) -> None:
        self._opener = opener
        self.beside = beside
        self._loaded: dict[str, Opened] = {}
        self._loads = Loads(opener, beside)

    def load(self, path: str) -> None:
        """Open an artifact now. Raises ArtifactError where it cannot be played."""
        if path not in self._loaded:
            self._loaded[path] = self._opener(path)

    def ask(self, load: Wanted) -> None:
        """Begin to open an artifact for a voice; `finished` tells when it is ready."""
        self._loads.ask(load)

    def finished(self) -> list[tuple[Wanted, str]]:
        """Return what was asked for and has ended since, each with an error or nothing."""
        results = []
        for asked, loaded, error in self._loads.ended():
            if loaded is not None:
                self._loaded[asked.path] = loaded
            results.append((asked, error))
        return results

    def keep(self, paths: Collection[str]) -> None:
        """Forget all but these: what plays, and what is about to."""
        self._loaded = {path: one for path, one in self._loaded.items() if path in paths}

    def take(self, path: str, kind: Kind) -> Any:
        """Return what a voice of this kind plays of an artifact; load it now where that has not been done.

        Raises ArtifactError where it is of another kind; see `Opened.take`.
        """
        self.check(path, kind)
        return self._loaded[path].take()

    def check(self, path: str, kind: Kind) -> Document:
        """Load an artifact where that has not been done; ArtifactError if it is of another kind.

        Returns what it says of itself.
        """
        self.load(path)
        plays = self._loaded[path].kind
        if plays != kind:
            raise ArtifactError(
                f"{self.name(path)} plays {PLAYS[plays]}, and this voice plays {PLAYS[kind]}: "
                f"start it as a voice of its own, with --voice."
            )
        return self._loaded[path].document

    def digest(self, path: str) -> str:
        """Return a loaded artifact's SHA-256."""
        return self._loaded[path].digest

    def name(self, path: str) -> str:
        """Return what a loaded artifact calls itself."""
        return self._loaded[path].name

    def knobs(self, path: str) -> Mapping[str, Value]:
        """Return the knob defaults that suit a loaded artifact."""
        return self._loaded[path].knobs
