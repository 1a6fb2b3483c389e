"""Artifacts that play or are about to: loaded beside the music, handed over when the bar comes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from live.declared.knob import PLAYS, Kind, Value
from live.engine.loads import Loads, Wanted
from live.engine.sound.memory import Instrument
from live.runtime import timing
from live.runtime.introduction import knobs_of
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.sound import timing as sound_timing
from live.runtime.sound.ahead import ahead
from live.runtime.sound.stream import SoundModel
from live.runtime.sound.table import open_model
from live.runtime.steps import OnnxModel
from models.contract.errors import ArtifactError
from models.contract.stepping import StepModel


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to step: warmed up, its file checked.

    digest: the file's SHA-256. knobs: the defaults that suit it.
    """

    model: StepModel
    name: str
    digest: str
    knobs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedSound:
    """A network of sound that is ready to play; otherwise as `Loaded`.

    made: an instrument that was made of it beside the music, until a voice takes it.
    """

    model: SoundModel
    name: str
    digest: str
    made: list[Instrument]
    knobs: Mapping[str, Value] = field(default_factory=dict)


Opener = Callable[[str], Loaded | LoadedSound]


class Library:
    """Opens artifacts by path, and has those that play or are about to.

    beside: whether `ask` opens on a thread of its own, beside the music; offline nothing waits.
    Threads: the engine's.
    """

    def __init__(self, opener: Opener, beside: bool = True) -> None:
        self._opener = opener
        self.beside = beside
        self._loaded: dict[str, Loaded | LoadedSound] = {}
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

    def take(self, path: str) -> StepModel:
        """Return a loaded artifact's model of notes; load it now where that has not been done."""
        self.check(path, "events")
        loaded = self._loaded[path]
        assert isinstance(loaded, Loaded)
        return loaded.model

    def take_sound(self, path: str) -> Instrument:
        """Return an instrument of a loaded artifact's network of sound, one that nobody else has."""
        self.check(path, "audio")
        loaded = self._loaded[path]
        assert isinstance(loaded, LoadedSound)
        return loaded.made.pop() if loaded.made else Instrument(loaded.model)

    def check(self, path: str, kind: Kind) -> None:
        """Load an artifact where that has not been done; ArtifactError if it is of another kind."""
        self.load(path)
        plays: Kind = "events" if isinstance(self._loaded[path], Loaded) else "audio"
        if plays != kind:
            raise ArtifactError(
                f"{self.name(path)} plays {PLAYS[plays]}, and this voice plays {PLAYS[kind]}: "
                f"start it as a voice of its own, with --voice."
            )

    def digest(self, path: str) -> str:
        """Return a loaded artifact's SHA-256."""
        return self._loaded[path].digest

    def name(self, path: str) -> str:
        """Return what a loaded artifact calls itself."""
        return self._loaded[path].name

    def knobs(self, path: str) -> Mapping[str, Value]:
        """Return the knob defaults that suit a loaded artifact."""
        return self._loaded[path].knobs


def open_artifact(path: str) -> Loaded:
    """Open the file of an artifact that plays notes. Any thread may call it.

    Raises ArtifactError where it cannot be played.
    """
    model = OnnxModel.open(Path(path))
    return Loaded(model, model.document.name, model.digest, knobs_of(model.document))


def open_any(path: str) -> Loaded | LoadedSound:
    """Open an artifact's file, whatever it plays; otherwise as `open_artifact`."""
    prepared = prepare(Path(path))
    if prepared.document.kind != "audio":
        return open_artifact(path)
    return _sound(prepared, open_model(prepared), waits=True)


def open_to_play(path: str) -> Loaded | LoadedSound:
    """Open an artifact's file to be played in time; otherwise as `open_any`.

    Raises ArtifactError, with what was measured, for a network that is too slow here.
    """
    prepared = prepare(Path(path))
    if prepared.document.kind != "audio":
        loaded = open_artifact(path)
        timing.check_speed(loaded.model, loaded.name)
        return loaded
    model = open_model(prepared)
    sound_timing.check_speed(model, prepared.document.name)
    return _sound(prepared, model, waits=False)


def _sound(prepared: Prepared, model: SoundModel, waits: bool) -> LoadedSound:
    """waits: who plays it waits for what takes long, as nothing is played in time."""
    document, cut = prepared.document, ahead(model, waits)
    made = [Instrument(cut)]
    return LoadedSound(cut, document.name, prepared.digest, made, knobs_of(document))
