"""What a reader of one kind of file does."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from models.contract.errors import ExtempoError
from models.corpus.packed import Arrays
from models.corpus.pieces import Piece


class LackingError(ExtempoError):
    """A file that can be read once something else is installed: what is said of it is not kept."""


class Held(NamedTuple):
    """What a file holds: its pieces, and the names of those that were left out, each with its reason."""

    pieces: Sequence[Piece]
    left_out: Sequence[tuple[str, str]] = ()


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

    @property
    def many(self) -> bool:
        """Return whether such files hold many pieces: folders of one's own are split piece by piece then."""

    @property
    def beside(self) -> tuple[str, ...]:
        """Return how the names of files end that may lie beside one, with its name, and say more of it."""

    def read(self, path: Path) -> Held:
        """Return what a file holds, one piece or many.

        Raises ExtempoError, one sentence that says why, for one that is broken or holds no music; LackingError for
        one that cannot be read for now.
        """

    def arrays(self, held: Held) -> Arrays:
        """Return what keeps all that a file holds."""

    def held(self, name: str, arrays: Arrays) -> Held:
        """Return what arrays keep of a file; name: its own. KeyError or ValueError if they keep nothing."""
