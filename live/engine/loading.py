"""Artifacts that voices are to play: opened now, or beside the music until the bar comes."""

from collections.abc import Callable
from weakref import WeakValueDictionary

from live.declared.knob import PLAYS, Kind
from live.engine.loads import Ended, Loads, Wanted
from live.runtime.opening import Opened
from models.contract.errors import ArtifactError

Opener = Callable[[str], Opened]


class Artifacts:
    """Opens artifacts by path; who plays one keeps it.

    beside: whether `ask` opens on a thread of its own, beside the music; offline nothing waits.
    Threads: the engine's.
    """

    def __init__(self, opener: Opener, beside: bool = True) -> None:
        self._opener = opener
        self.beside = beside
        self._opened: WeakValueDictionary[str, Opened] = WeakValueDictionary()
        self._loads = Loads(opener, beside)

    def open(self, path: str) -> Opened:
        """Open an artifact now, or return it as it was opened so before, if somebody has kept it.

        Raises ArtifactError where it cannot be played.
        """
        found = self._opened.get(path)
        if found is None:
            found = self._opened[path] = self._opener(path)
        return found

    def ask(self, load: Wanted) -> None:
        """Begin to open an artifact for a voice, as its file is now; `ended` tells when it is ready."""
        self._loads.ask(load)

    def ended(self) -> list[Ended[Opened]]:
        """Return what was asked for and has ended since."""
        return self._loads.ended()


def check(artifact: Opened, kind: Kind) -> None:
    """Raise ArtifactError where voices of this kind do not play an artifact."""
    if artifact.kind != kind:
        raise ArtifactError(
            f"{artifact.name} plays {PLAYS[artifact.kind]}, and this voice plays {PLAYS[kind]}: "
            f"start it as a voice of its own, with --voice."
        )
