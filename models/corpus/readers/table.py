"""The readers, one line for each kind of file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from models.corpus.readers.abc import AbcReader
from models.corpus.readers.midi import MidiReader
from models.corpus.readers.musicxml import MusicXmlReader
from models.corpus.readers.reader import Reader

READERS: Final[Mapping[str, Reader]] = {
    "midi": MidiReader(),
    "musicxml": MusicXmlReader(),
    "abc": AbcReader(),
}


DRUMS: Final = "drums"
"""The kind of files that are MIDI and of which the drums are learned."""
_KINDS: Final[Mapping[str, Reader]] = {**READERS, DRUMS: READERS["midi"]}


def words_of(kinds: Iterable[str]) -> str:
    """Return the words for kinds of files."""
    return " or ".join(_KINDS[kind].kind for kind in kinds)


def suffixes_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return how the names of files of these kinds end."""
    return tuple(suffix for kind in kinds for suffix in _KINDS[kind].suffixes)


def reader_of(path: Path) -> Reader:
    """Return the reader of a file, by how its name ends; KeyError if there is none."""
    suffix = path.suffix.lower()
    for reader in READERS.values():
        if suffix in reader.suffixes:
            return reader
    raise KeyError(suffix)
