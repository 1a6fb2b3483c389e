"""The encoders, one line each, by the name of their representation."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from models.contract.asked import asked_vocabulary
from models.contract.errors import ExtempoError
from models.contract.nearest import meant
from models.contract.representation import Representation, Vocabulary
from models.contract.representations.table import representation
from models.corpus.encoders.abc import AbcEncoder
from models.corpus.encoders.drums import DrumsEncoder
from models.corpus.encoders.encoder import NONE, Encoder
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.encoders.roll import RollEncoder
from models.corpus.encoders.tokens import TokensEncoder

ENCODERS: Final[Mapping[str, type[Encoder]]] = {
    "performance": PerformanceEncoder,
    "abc": AbcEncoder,
    "tokens": TokensEncoder,
    "roll": RollEncoder,
    "drums": DrumsEncoder,
}


def kinds_of(name: str) -> tuple[str, ...]:
    """Return the kinds of files that can be written so; ExtempoError if nothing writes so."""
    return _known(name).reads


def encoder_of(written: Representation) -> Encoder:
    """Return what writes music so; ExtempoError if nothing does."""
    return _known(written.name)(written)


def encoder(
    name: str,
    pieces: Iterable[Any],
    vocabulary: Vocabulary | None,
    where: str,
    asked: Sequence[str] = (),
    settings: Mapping[str, int] = NONE,
) -> Encoder:
    """Return what writes music so, for a network that learns from these pieces.

    vocabulary: of what the network knows already, `where` being its file; None: of the pieces.
    asked: what it may be asked for beside that, names in `models.contract.asked`. settings: how it is written.
    Raises ExtempoError if nothing writes so, cannot tell what is asked, or has no such settings.
    """
    writes = _known(name)
    for each in asked:
        if each not in writes.asks:
            raise ExtempoError(
                f"{where}: music that is written as {name!r} does not tell {each!r}: leave it out of asked"
                f"{', or choose from ' + ', '.join(writes.asks) if writes.asks else ''}."
            )
    for each in settings:
        if each not in writes.settings:
            raise ExtempoError(
                f"{where}: how music is written as {name!r} has no setting {each!r}: leave it out of writing"
                f"{', or choose from ' + ', '.join(writes.settings) if writes.settings else ''}."
            )
    if vocabulary is None:
        vocabulary = writes.vocabulary(pieces, {**writes.settings, **settings})
    return encoder_of(representation(name, {**vocabulary, **asked_vocabulary(asked)}, where))


def _known(name: str) -> type[Encoder]:
    if name not in ENCODERS:
        raise ExtempoError(
            f"there is no representation called {name!r}: choose one of {', '.join(ENCODERS)}."
            f"{meant(name, list(ENCODERS))}"
        )
    return ENCODERS[name]
