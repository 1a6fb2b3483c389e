"""What an encoder does: pieces in, steps of a representation out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.representation import Codes, Representation, Vocabulary

NONE: Final[Mapping[str, int]] = MappingProxyType({})
"""The settings of an encoder that has none."""


@dataclass(frozen=True)
class Steps:
    """The step before the first, and T steps of music after it.

    codes: int64 (T + 1, inputs). conditions: int64 (T + 1, conditions). scored: bool (T, factors), whether
    a factor of a step is to be foretold from those before it.
    """

    codes: Codes
    conditions: Codes
    scored: NDArray[np.bool_]


class Encoder(Protocol):
    """Writes pieces down as steps. One is made of a representation, whose vocabulary says what codes mean.

    A piece is what the readers of `reads` make of a file. It keeps nothing between calls but what it would find again.
    """

    reads: ClassVar[tuple[str, ...]]
    """The kinds of files that it knows, names in `models.corpus.readers.table`."""

    asks: ClassVar[tuple[str, ...]]
    """What it can tell beside the place, names in `models.contract.asked`."""

    settings: ClassVar[Mapping[str, int]]
    """What a recipe may say of how it writes, and what holds where it does not."""

    measured: ClassVar[int]
    """Steps of a window that networks are measured on."""

    def __init__(self, representation: Representation) -> None: ...

    @property
    def representation(self) -> Representation:
        """Return how it writes."""

    @classmethod
    def vocabulary(cls, pieces: Iterable[Any], settings: Mapping[str, int]) -> Vocabulary:
        """Return what codes mean to a network that learns from these pieces, where that is not always the same.

        settings: all of `settings`, as a recipe has them.
        """

    def count(self, piece: Any) -> int:
        """Return how many steps a piece has, about: a window may begin at each of them."""

    def window(self, piece: Any, start: int, length: int, rng: Generator, *, varied: bool) -> Steps:
        """Return at most `length` steps of a piece from `start` on, one of its steps.

        varied: in another key too, as for training. What else is by chance, such as how it is played, always is.
        """

    def golden(self) -> Steps:
        """Return a short phrase, always the same: what an artifact proves itself with."""

    def text(self, pieces: Iterable[Sequence[Codes]]) -> str:
        """Return a file of pieces, each the codes of its steps after the first, where they are text; else nothing."""
