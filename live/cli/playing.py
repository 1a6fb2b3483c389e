"""What `extempo play` does once its options are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from platformdirs import user_state_path

from live.daemon import run as daemon
from live.declared.knob import PLAYS, Kind
from live.declared.knobs import SoundKnobs, turned
from live.engine.routing import Listening
from live.ipc.config import ControlOptions, EngineOptions, PortOptions
from live.runtime import library, prepare
from models.contract.document import Document
from models.contract.errors import ArtifactError

_NAMED: Final = 4
"""How many corpora the first lines name, the rest as a number."""


def run(engine: EngineOptions, ports: PortOptions, control: ControlOptions) -> bool:
    """Play, as `live.daemon.run` does; return whether everything that was played has been kept."""
    return daemon.run(engine, ports, control, find=_checked, about=_about)


def sounds_notes(engine: EngineOptions) -> bool:
    """Return whether a voice of sound plays all notes there are: then the synth would double them."""
    notes = [number for number, voice in engine.voices.items() if not voice.sounds]
    for number, voice in engine.voices.items():
        if not voice.sounds:
            continue
        listening = Listening.of(turned(SoundKnobs(), voice.knobs))
        if all(listening.hears(number, who) for who in notes):
            return bool(prepare.prepare(voice.artifact).document.config.get("keys"))
    return False


def memory(where: str) -> Path | None:
    """Return the folder for what the voices know; None for none."""
    if where == "off":
        return None
    if where == "auto":
        return user_state_path("extempo", appauthor=False) / "memory"
    return Path(where)


def _checked(name: str, kind: Kind) -> Path:
    """Return the artifact that is meant, once it is known that a voice of this kind can play it."""
    path = library.find(name)
    prepared = prepare.prepare(path)
    found = prepared.document.kind
    if found != kind:
        raise ArtifactError(
            f"{path.stem} plays {PLAYS[found]}, and this voice plays {PLAYS[kind]}: load it into a voice of"
            f" {PLAYS[found]}, or start with one: --voice {name}."
        )
    if prepared.slow:
        raise ArtifactError(prepared.slow)
    return path


def _about(path: Path) -> str:
    """Return in a few words what an artifact is."""
    document = prepare.prepare(path).document
    size = f"{document.parameters:,} parameters"
    names = [corpus.name for corpus in document.corpora]
    if len(names) > _NAMED:
        names[_NAMED - 1 :] = [f"{len(names) - _NAMED + 1} more"]
    learned = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    origin = f", learned from {learned}" if learned else ""
    quality = "".join(_quality(document))
    return f"{document.net}, {size}{quality}{origin}; licence {document.licence}"


def _quality(document: Document) -> Iterator[str]:
    """Yield how a model of sound sounds, as far as numbers say it; nothing of other models."""
    if document.sample_rate:
        yield f", {document.sample_rate / 1000:g} kHz"
    for measure in document.measures:
        if "bits" in measure.unit:
            yield f", {measure.value:.2f} {measure.unit}"
            return
