"""The index of what a model has learned from, made of its corpora, and named by its artifact."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import onnx

from live.runtime.artifact import introduce
from live.runtime.prepare import examine, read_bytes
from models.contract import index
from models.contract.document import KEY, MINOR, Corpus, Document, Indexed
from models.contract.errors import ExtempoError
from models.contract.representations.table import representation
from models.contract.whole import put
from models.corpus import sources
from models.corpus.encoders.table import encoder_of
from models.corpus.pieces import Piece
from models.corpus.prints import piece_print

_READS: Final = "events"
"""The kind of models that play notes, which alone have lines."""


class Made(msgspec.Struct, frozen=True):
    """An index: its file, what the artifact says of it, and a sentence on what it is of."""

    data: bytes
    said: Indexed
    told: str


def made(
    corpora: Sequence[Corpus], kinds: Sequence[str], data: Path, heard: Collection[int] = ()
) -> Made:
    """Make the index of what was learned from of corpora below `data`: of their train splits.

    kinds: of files, as its encoder reads them. heard: the prints of the pieces that were learned from, where they
    are known. Raises ExtempoError where a corpus is not there.
    """
    if not corpora:
        raise ExtempoError(
            "it does not say what it has learned from: name a folder below --data with --corpus."
        )
    pieces: list[Piece] = []
    for corpus in corpora:
        pieces += sources.read(data / corpus.name, ("train",), kinds=kinds)["train"]
    written = index.written(piece.line() for piece in pieces)
    said = Indexed(
        digest=hashlib.sha256(written).hexdigest(),
        bytes=len(written),
        corpora=[corpus.name for corpus in corpora],
        pieces=len(pieces),
    )
    return Made(written, said, _told(said, pieces, corpora, heard))


def _told(
    said: Indexed, pieces: Sequence[Piece], corpora: Sequence[Corpus], heard: Collection[int]
) -> str:
    """Say what it is of, and whether that is what was learned from."""
    text = f"{said.bytes / 1e6:.1f} MB, of {said.pieces:,} pieces"
    learned = sum(corpus.pieces for corpus in corpora)
    missing = len(set(heard).difference(map(piece_print, pieces)))
    if missing:
        return (
            f"{text}; {missing:,} of the {len(set(heard)):,} that it has learned from are not there"
        )
    if learned and learned != said.pieces:
        return f"{text}; it says that it has learned from {learned:,}"
    return text


def kinds_of(document: Document, where: str) -> Sequence[str]:
    """Return which files a model of notes has learned from. Raises ExtempoError where it is none."""
    if document.kind != _READS:
        raise ExtempoError(f"{where} makes sound, and has no line that could be copied.")
    return encoder_of(representation(document.representation, document.vocabulary, where)).reads


def place(artifact: Path) -> Path:
    """Return where the index of an artifact lies."""
    return artifact.with_suffix(index.SUFFIX)


def write(artifact: Path, data: bytes) -> Path:
    """Write an index beside its artifact; return where. Raises ExtempoError where it cannot be written."""
    beside = place(artifact)
    put(beside, data)
    return beside


def attach(artifact: Path, corpora: Sequence[str], data: Path) -> Made:
    """Make an artifact's index, write it beside, and have the artifact name it; nothing else of it changes.

    corpora: folders below `data`, or those that it says. Raises ExtempoError: then the artifact is as it was.
    """
    where = str(artifact)
    model, document, _ = introduce(read_bytes(artifact), where)
    learned = [sources.describe(name, 0) for name in corpora] or document.corpora
    heard = () if corpora else document.heard
    index_of = made(learned, kinds_of(document, where), data, heard)
    introduced = _naming(model, index_of.said)
    examine(introduced, artifact)
    write(artifact, index_of.data)
    put(artifact, introduced)
    return index_of


def _naming(model: onnx.ModelProto, said: Indexed) -> bytes:
    """Return the artifact with the index in its document, which is otherwise as it was written."""
    named = onnx.ModelProto()
    named.CopyFrom(model)
    for entry in named.metadata_props:
        if entry.key == KEY:
            document: dict[str, Any] = msgspec.json.decode(entry.value)
            document["index"] = msgspec.to_builtins(said)
            document["minor"] = max(int(document.get("minor", 0)), MINOR)
            entry.value = msgspec.json.encode(document).decode()
    data: bytes = named.SerializeToString(deterministic=True)
    return data
