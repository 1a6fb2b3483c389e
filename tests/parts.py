"""A network of notes that tells instruments apart, with random weights: a piano, a cello, and drums."""

from pathlib import Path
from typing import Final

from models.contract.representation import Representation
from models.contract.representations.performance import DRUMS, PARTS, PERFORMANCE, of
from tests.tiny import tiny_artifact

PROGRAMS: Final = [0, 42, DRUMS]


def parts(programs: list[int] = PROGRAMS) -> Representation:
    """Return the representation."""
    return of({**PERFORMANCE.vocabulary, PARTS: programs}, "it")


def parts_artifact(path: Path, seed: int = 0, name: str = "band") -> Path:
    """Write an artifact whose instruments play as often as each other; return its path."""
    return tiny_artifact(path, seed=seed, name=name, written=parts())
