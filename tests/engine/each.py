"""A small network for each representation, and one that copies: what is tested with all holds whatever a step is."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from models.contract.representations.drums import DRUMS
from tests.copying import copying_artifact
from tests.engine.tunes import tune_artifact
from tests.tiny import tiny_artifact
from tests.tokens import tokens_artifact

EACH: Final[Mapping[str, Callable[..., Path]]] = {
    "performance": tiny_artifact,
    "abc": tune_artifact,
    "tokens": tokens_artifact,
    "performance that copies": copying_artifact,
}
"""Writes an artifact with random weights to a path, and returns that; takes seed, name and hidden."""
EVERY: Final[Mapping[str, Callable[..., Path]]] = {
    **EACH,
    "drums": partial(tiny_artifact, written=DRUMS),
}
"""The same, with those of which nothing comes back."""
