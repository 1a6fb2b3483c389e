"""A network of piano rolls with random weights, that strikes about one pitch a tick."""

from pathlib import Path

from models.contract.representations.roll import roll
from tests.tiny import tiny_artifact


def roll_artifact(
    path: Path,
    seed: int = 0,
    name: str = "roll",
    hidden: int = 16,
    tick: int = 6,
    jointly: bool = True,
) -> Path:
    """Write an artifact; return its path."""
    likely = {"struck": (0,), "length": range(1, 7)}
    return tiny_artifact(path, hidden, seed, name, roll(tick, jointly=jointly), likely)
