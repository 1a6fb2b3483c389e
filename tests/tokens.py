"""A network of tokens with random weights, and a table that has all keys of a piano and some chords."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Final

from live.runtime.opening import Opened
from live.runtime.prepare import examine, read_bytes
from live.runtime.steps import OnnxModel
from models.contract.representation import Representation
from models.contract.representations.tokens import TIMED, of, spelt
from tests.tiny import LIKELY, tiny_artifact

CHORDS: Final = ((0, 4), (0, 7), (0, 12), (0, 4, 7), (0, 3, 7), (0, 4, 7, 12))
"""Above their lowest pitch."""
TABLE: Final = [
    spelt(pitches)
    for pitches in sorted(
        [(pitch,) for pitch in range(21, 109)]
        + [tuple(root + one for one in chord) for root, chord in product(range(40, 80), CHORDS)]
        + [(57, 65)]
    )
]


def tokens(timed: bool = True, table: list[str] = TABLE) -> Representation:
    """Return the representation; timed: with times and durations."""
    return of({"tokens": table, **(TIMED if timed else {})}, "it")


def tokens_artifact(
    path: Path,
    seed: int = 0,
    name: str = "sonatas",
    hidden: int = 16,
    timed: bool = True,
    table: list[str] = TABLE,
) -> Path:
    """Write an artifact that plays any token as likely as any other; return its path."""
    likely: Mapping[str, range | tuple[int, ...]] = {
        **{factor: LIKELY[factor] for factor in ("time", "duration")},
        "token": range(len(table)),
    }
    return tiny_artifact(path, hidden, seed, name, tokens(timed, table), likely)


def eighths_artifact(path: Path) -> Path:
    """Write one whose steps are tokens alone."""
    return tokens_artifact(path, timed=False, name="eighths")


def open_tokens(path: Path) -> Opened:
    """Open an artifact of notes in this process."""
    prepared = examine(read_bytes(path), path)
    return Opened(prepared.document, prepared.digest, path, OnnxModel(prepared))
