"""Open artifacts of every kind, in one way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.declared.knob import Kind, Value
from live.runtime.golden import Model
from live.runtime.introduction import check_kind, knobs_of
from live.runtime.kinds.table import reader
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from models.contract.document import Document
from models.contract.errors import ArtifactError


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Opened:
    """An artifact whose file was checked and whose model is warmed up.

    digest: the file's SHA-256, in hexadecimal. waits: who plays it waits for what takes long, as nothing is played
    in time. made: what voices play of it, made beside the music, until one takes it.
    """

    document: Document
    digest: str
    path: Path
    model: Model
    waits: bool = True
    made: list[Any] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return its own name."""
        return self.document.name

    @property
    def kind(self) -> Kind:
        """Return what kind of voice plays it."""
        return self.document.kind

    @property
    def knobs(self) -> Mapping[str, Value]:
        """Return the knob defaults that suit it."""
        return knobs_of(self.document)

    def make(self) -> None:
        """Make what a voice plays of it, for one more voice."""
        self.made.append(reader(self.kind).played(self.model, self.waits))

    def take(self) -> Any:
        """Return what a voice plays of it, which nobody else has: a model of notes, or an instrument."""
        if not self.made:
            self.make()
        return self.made.pop()


def opened(path: Path | str, kind: Kind | None = None) -> Opened:
    """Open an artifact's file. Any thread may call it.

    kind: what it has to be. Raises ArtifactError where it is of another kind, or cannot be played.
    """
    prepared = prepare(Path(path))
    if kind is not None:
        check_kind(prepared.document, kind, str(path))
    return _opened(prepared, waits=True)


def opened_to_play(path: Path | str) -> Opened:
    """Open an artifact's file to be played in time.

    Raises ArtifactError as `opened` does, and, with what was measured, for a model that is too slow here.
    """
    found = _opened(prepare(Path(path)), waits=False)
    if text := reader(found.kind).too_large(found.model, found.name):
        raise ArtifactError(text)
    found.make()
    return found


def _opened(prepared: Prepared, waits: bool) -> Opened:
    model = reader(prepared.document.kind).opened(prepared)
    return Opened(prepared.document, prepared.digest, prepared.path, model, waits)
