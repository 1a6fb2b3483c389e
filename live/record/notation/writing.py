"""Takes and renderings as files of notation, by the file's ending."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from live.engine.loading import Opener
from live.record.notation import abc, musicxml, own
from live.record.notation.bars import NotationError
from live.record.notation.compose import sheet
from live.record.notation.sheet import Sheet
from live.record.replay import Journal, border
from models.contract.whole import whole

_WRITERS: Final[Mapping[str, Callable[[Sheet], bytes]]] = MappingProxyType(
    {
        ".abc": abc.write,
        ".musicxml": musicxml.write,
        ".xml": musicxml.write,
        ".mxl": musicxml.packed,
    }
)
SUFFIXES: Final = tuple(_WRITERS)
"""The endings of files of notation."""


def write(path: Path, journal: Journal, opener: Opener) -> None:
    """Write what a journal holds as notation, whole or not at all.

    A voice of ABC that played alone is written in its own letters; for that it is played again. Raises
    NotationError, one sentence, where there is nothing to write down, or the disk does not take it.
    """
    suffix = path.suffix.lower()
    with border():
        found = own.text(journal, path.stem, opener) if suffix == ".abc" else None
        data = _WRITERS[suffix](sheet(journal, path.stem)) if found is None else found
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as fresh:
            fresh.write_bytes(data)
    except OSError as error:
        raise NotationError(f"{path} cannot be written ({error.strerror}).") from error
