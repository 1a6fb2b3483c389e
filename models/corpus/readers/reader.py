"""What a reader of one kind of file does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from models.corpus.pieces import Piece

Arrays = Mapping[str, NDArray[Any]]


class Reader(Protocol):
    """Reads files of one kind; what it has read is kept as arrays."""

    @property
    def kind(self) -> str:
        """Return the word for such files in messages."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Return how their names end, in small letters."""

    @property
    def version(self) -> int:
        """Return a number that is raised when the same file would be read otherwise."""

    @property
    def most(self) -> int:
        """Return the largest size of such a file, in bytes."""

    def read(self, path: Path) -> Sequence[Piece]:
        """Return the pieces of a file, one or many.

        Raises ExtempoError, one sentence that says why, for one that is broken or holds no music.
        """

    def arrays(self, pieces: Sequence[Piece]) -> Arrays:
        """Return what keeps the pieces of one file."""

    def pieces(self, name: str, arrays: Arrays) -> Sequence[Piece]:
        """Return the pieces that arrays keep; name: of their file. KeyError or ValueError if they keep none."""
