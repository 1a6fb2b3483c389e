"""A network of letters with random weights: what it writes is noise, but for what masks make of it."""

from pathlib import Path
from typing import Final

from live.runtime.opening import Opened
from live.runtime.prepare import examine, read_bytes
from live.runtime.steps import OnnxModel
from models.contract.representation import Representation
from models.contract.representations.abc import of
from tests.tiny import tiny_artifact

LETTERS: Final = "\n !\"'(),-./1234689:<=>ABCDEFGHKLMV[]^_abcdefghimnorxz{|}"
"""Of real tunes, but for the rarest."""


def tunes(letters: str = LETTERS) -> Representation:
    """Return the representation with an alphabet."""
    return of({"characters": list(letters)}, "it")


def tune_artifact(
    path: Path, seed: int = 0, letters: str = LETTERS, name: str = "noise", hidden: int = 16
) -> Path:
    """Write an artifact that writes any letter as likely as any other; return its path."""
    likely = {"character": range(len(letters))}
    return tiny_artifact(path, hidden, seed, name, tunes(letters), likely)


def open_tunes(path: Path) -> Opened:
    """Open an artifact of notes in this process."""
    prepared = examine(read_bytes(path), path)
    return Opened(prepared.document, prepared.digest, path, OnnxModel(prepared))
