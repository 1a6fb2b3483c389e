"""The representations, one line each."""

from collections.abc import Callable, Mapping
from typing import Final

from models.contract.errors import ArtifactError
from models.contract.representation import Representation, Vocabulary
from models.contract.representations import abc, drums, performance, roll, tokens

REPRESENTATIONS: Final[Mapping[str, Callable[[Vocabulary, str], Representation]]] = {
    "performance": performance.of,
    "abc": abc.of,
    "tokens": tokens.of,
    "roll": roll.of,
    "drums": drums.of,
}
"""By name, what makes one of an artifact's vocabulary; the text names the file in messages."""


def representation(name: str, vocabulary: Vocabulary, where: str) -> Representation:
    """Return a representation by its name, with the vocabulary of an artifact.

    Raises ArtifactError, naming the file `where`, if this extempo does not know it.
    """
    if name not in REPRESENTATIONS:
        known = ", ".join(map(repr, REPRESENTATIONS))
        raise ArtifactError(f"{where} writes music as {name!r}; this extempo knows {known}.")
    return REPRESENTATIONS[name](vocabulary, where)
