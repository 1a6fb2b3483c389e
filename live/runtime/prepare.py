"""Make an artifact ready to be stepped: checked, cut into its entries, and kept for next time.

The checks need the whole graph in Python and hold the interpreter for tens of milliseconds. They
are done once for every file, by whoever comes first (control, before it asks the engine to load):
the parts are kept in the user's cache under the file's digest, where the engine finds them, and
ONNX Runtime reads them without holding the interpreter.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_cache_path

from live.runtime.introduction import check_document
from models.contract.document import Document, dump, load
from models.contract.errors import ArtifactError

MAX_BYTES: Final = 512 << 20
"""The largest file that is read."""
_RULES: Final = 3
"""Raised when the checks change, so that what passed the old ones is checked again."""
_KEPT: Final = 8
"""So many prepared artifacts stay in the cache."""
_DOCUMENT: Final = "document.json"
_WEIGHTS: Final = "weights.f32"
_DIGESTS: Final = "digests.json"
"""Of the parts: a power cut may have damaged them, and the model would play nonsense."""
_log = logging.getLogger(__name__)


class Prepared(msgspec.Struct, frozen=True):
    """An artifact that has passed every check.

    digest: the file's SHA-256, in hexadecimal.
    graphs: each entry's ONNX model, or the file in the cache that it lies in.
    weights: a network of sound's, for `sound_weights.read`, or their file in the cache.
    ignored: a sentence on what this version does not know of the document, or empty.
    """

    path: Path
    digest: str
    document: Document
    ignored: str
    graphs: dict[str, str | bytes]
    weights: str | bytes = b""


def prepare(path: Path) -> Prepared:
    """Check an artifact and cut it into its entries, or find that this was done before.

    Raises ArtifactError, in one sentence, for a file that cannot be played. Any thread may call
    it; the first time for a file it holds the interpreter for some 100 ms, later not noticeably.
    """
    digest = _digest(path)
    kept = _place(digest)
    found = _find(path, digest, kept)
    if found is not None:
        return found
    prepared = _dissected(read_bytes(path), path, digest)
    try:
        _keep(kept, prepared)
    except OSError as error:
        _log.info("no cache for prepared models at %s: %s", kept.parent, error)
    return prepared


def find(path: Path) -> Prepared | None:
    """Return what `prepare` made of an artifact before, or None. Raises ArtifactError as it does."""
    digest = _digest(path)
    return _find(path, digest, _place(digest))


def examine(data: bytes, path: Path) -> Prepared:
    """Check an artifact and cut it into its entries, in memory; `path` names it in messages.

    Raises ArtifactError, in one sentence, for a file that cannot be played.
    """
    return _dissected(data, path, hashlib.sha256(data).hexdigest())


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; ArtifactError if it is missing, not a file or absurdly large."""
    _check_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _digest(path: Path) -> str:
    """Return a file's SHA-256, without holding the interpreter for long."""
    _check_file(path)
    try:
        return _sha256(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_file(path: Path) -> None:
    if not os.path.isfile(path):
        raise ArtifactError(f"There is no file {path}: extempo models lists what is installed.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ArtifactError(
            f"{path} has {size >> 20} MB, more than the {MAX_BYTES >> 20} MB that are read."
        )


def _unreadable(path: Path, error: OSError) -> ArtifactError:
    return ArtifactError(f"{path} cannot be read: {error.strerror or error}.")


def _dissected(data: bytes, path: Path, digest: str) -> Prepared:
    # onnx takes a tenth of a second to import, and is not needed for what was prepared before.
    from live.runtime.artifact import dissect, introduce

    model, document, ignored = introduce(data, str(path))
    graphs, weights = dissect(model, document, str(path))
    return Prepared(path, digest, document, ignored, dict(graphs), weights)


def _place(digest: str) -> Path:
    cache = user_cache_path("extempo", appauthor=False) / "prepared"
    return cache / f"{digest[:32]}-{_RULES}"


def _find(path: Path, digest: str, kept: Path) -> Prepared | None:
    try:
        text = (kept / _DOCUMENT).read_text(encoding="utf-8")
        document, ignored = load(text, str(path))
        check_document(document, str(path))
        names = [_graph(entry.name) for entry in document.stream.entries]
        digests = {name: _sha256(kept / name) for name in (*names, _WEIGHTS)}
        if msgspec.json.decode((kept / _DIGESTS).read_bytes()) != digests:
            return None
    except (OSError, ValueError, ArtifactError):
        return None
    graphs: dict[str, str | bytes] = {
        entry.name: str(kept / _graph(entry.name)) for entry in document.stream.entries
    }
    return Prepared(path, digest, document, ignored, graphs, str(kept / _WEIGHTS))


def _graph(entry: str) -> str:
    return f"{entry}.onnx"


def _keep(kept: Path, prepared: Prepared) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=kept.parent))
    parts = {_graph(name): graph for name, graph in prepared.graphs.items()}
    parts[_WEIGHTS] = prepared.weights
    digests = {}
    try:
        for name, part in parts.items():
            assert isinstance(part, bytes)
            (fresh / name).write_bytes(part)
            digests[name] = hashlib.sha256(part).hexdigest()
        (fresh / _DOCUMENT).write_text(dump(prepared.document), encoding="utf-8")
        (fresh / _DIGESTS).write_bytes(msgspec.json.encode(digests))
        shutil.rmtree(kept, ignore_errors=True)
        fresh.rename(kept)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    _prune(kept.parent)


def _prune(cache: Path) -> None:
    by_age = sorted(cache.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in by_age[_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
