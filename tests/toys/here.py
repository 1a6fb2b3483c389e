"""The toy representation in this process: its files are found where they lie, its lines are in the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from live.engine.notes.decoders import table as decoders
from live.runtime.opening import Opened
from live.runtime.prepare import examine, read_bytes
from live.runtime.steps import OnnxModel
from models.contract.representation import Representation
from models.contract.representations import table as representations
from models.corpus.encoders import table as encoders
from tests.tiny import tiny_artifact

MELODY = Path(__file__).parent / "representation"
"""Its files, as they are copied into the house."""
TUNE = (60, 62, 64, 67, 69)
"""The pitches that random weights prefer."""
_FOLDERS = (
    "models.contract.representations",
    "models.corpus.encoders",
    "live.engine.notes.decoders",
)


@contextmanager
def melody_here() -> Iterator[None]:
    """Have it in this process meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _FOLDERS:
            package = import_module(name)
            found = [*package.__path__, str(MELODY / name.replace(".", "/"))]
            patch.setattr(package, "__path__", found)
        contract, encoder, decoder = (import_module(f"{name}.melody") for name in _FOLDERS)
        patch.setitem(representations.REPRESENTATIONS, "melody", contract.of)  # type: ignore[misc]
        patch.setitem(encoders.ENCODERS, "melody", encoder.MelodyEncoder)  # type: ignore[misc]
        patch.setitem(decoders.DECODERS, "melody", decoder.Melody)  # type: ignore[misc]
        yield


def written() -> Representation:
    """Return the representation."""
    contract = import_module(f"{_FOLDERS[0]}.melody")
    return contract.of(contract.VOCABULARY, "it")


def melody_artifact(path: Path, seed: int = 0) -> Path:
    """Write an artifact that plays melodies with random weights; return its path."""
    contract = import_module(f"{_FOLDERS[0]}.melody")
    words = contract.words(contract.VOCABULARY)
    likely = [code for code, (kind, value) in enumerate(words) if value in TUNE or value < 48]
    return tiny_artifact(
        path, seed=seed, name="melody", written=written(), likely={"word": likely[1:]}
    )


def open_here(path: Path) -> Opened:
    """Open an artifact of notes without a process of its own, which would not know the toy."""
    prepared = examine(read_bytes(path), path)
    return Opened(prepared.document, prepared.digest, path, OnnxModel(prepared))
