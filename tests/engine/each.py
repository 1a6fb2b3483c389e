"""A small network for each representation: what is tested with all of them holds whatever a step is."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.engine.tunes import tune_artifact
from tests.tiny import tiny_artifact

EACH: Final[Mapping[str, Callable[..., Path]]] = {
    "performance": tiny_artifact,
    "abc": tune_artifact,
}
"""Writes an artifact with random weights to a path, and returns that; takes seed, name and hidden."""
