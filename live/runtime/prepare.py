"""Make an artifact ready to be stepped: checked, cut into its entries, and kept for next time.

The checks need the whole graph in Python and hold the interpreter for tens of milliseconds. They
are done once for every file, by whoever comes first (control, before it asks the engine to load):
the parts are kept in the user's cache under the file's digest, where the engine finds them, and
ONNX Runtime reads them without holding the interpreter.
"""

import hashlib
import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_cache_path

from live.machine import caches, realtime
from live.runtime import trial
from live.runtime.introduction import check_document
from live.runtime.kinds.table import reader
from live.runtime.prepared import Prepared
from models.contract import errors, files
from models.contract.document import dump, load
from models.contract.errors import ArtifactError

MAX_BYTES: Final = 80 << 20
"""The largest file that is read: fifteen times what ships, and as much as a processor reads from memory
in the time of an event. Checking it takes its size four times."""
SHIPPED: Final = Path(__file__).resolve().parent.parent / "artifacts"
_KEPT: Final = 8
"""How many prepared artifacts stay in the cache."""
_DOCUMENT: Final = "document.json"
_WEIGHTS: Final = "weights.f32"
_DIGESTS: Final = "digests.json"
"""Of the parts: a power cut may have damaged them, and the model would play nonsense."""
_log = logging.getLogger(__name__)
_known: dict[Path, tuple[list[tuple[int, int, int, int]], Prepared]] = {}
"""What was prepared in this process, and how its files were then."""
_slow: dict[str, str] = {}
"""What was tried in this process, by digest, and why it is too slow to play here, or nothing."""


def prepare(path: Path) -> Prepared:
    """Check an artifact and cut it into its entries, or find that this was done before.

    What does not ship with extempo is checked by a process of its own, which also tries to play it: see
    `live.runtime.trial`. Raises ArtifactError, in one sentence, for a file that cannot be played. Any thread may
    call it; the first time for a file it takes a second, which holds up nothing, later not noticeably. A process
    looks at a file only once, as long as it stays as it is.
    """
    known = _known.get(path)
    if known is not None and known[0] == _stamps(*_files(known[1])):
        return known[1]
    before = _stamps(path)
    found = _prepared(path)
    # A file that was written meanwhile is looked at again.
    if before and (stamps := _stamps(*_files(found)))[:1] == before:
        _known[path] = stamps, found
    return found


def _files(prepared: Prepared) -> tuple[Path | str | bytes, ...]:
    """Return an artifact's file and its parts in the cache."""
    return prepared.path, *prepared.graphs.values(), prepared.weights


def _stamps(*files: Path | str | bytes) -> list[tuple[int, int, int, int]]:
    """Return what changes with these files; nothing where one is not on the disk."""
    try:
        seen = [os.stat(file) for file in files if not isinstance(file, bytes)]
    except (OSError, ValueError):
        return []
    if len(seen) < len(files):
        return []
    return [(one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in seen]


def _prepared(path: Path) -> Prepared:
    digest = _digest(path)
    found = _find(path, digest)
    if found is not None and _is_trusted(found):
        return found
    if not ships(path):
        _slow[digest] = trial.passes(path)
        found = _find(path, digest)
    found = found if found is not None else _prepare_here(path)
    if found.digest != digest:
        raise ArtifactError(f"{path} was written while it was checked: load it again.")
    return _with_pace(found)


def _prepare_here(path: Path) -> Prepared:
    return keep(examine(read_bytes(path), path))


def find(path: Path) -> Prepared | None:
    """Return what `prepare` made of an artifact before, or None. Raises ArtifactError as it does."""
    found = _find(path, _digest(path))
    return found if found is not None and _is_trusted(found) else None


def ships(path: Path) -> bool:
    """Return whether a file came with extempo, and is trusted as its code is."""
    return path.resolve().parent == SHIPPED


def examine(data: bytes, path: Path) -> Prepared:
    """Check an artifact and cut it into its entries, in memory; `path` names it in messages.

    Raises ArtifactError, in one sentence, for a file that cannot be played.
    """
    # Brings onnx along, a tenth of a second, which what was prepared before does not need.
    from live.runtime.artifact import dissect, introduce

    digest = hashlib.sha256(data).hexdigest()
    model, document, ignored = introduce(data, str(path))
    # The model holds them all once more.
    del data
    graphs, weights = dissect(model, document, str(path))
    return Prepared(path, digest, document, ignored, dict(graphs), weights)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; ArtifactError if it is missing, not a file, empty or absurdly large."""
    return b"".join(_parts(path))


def _digest(path: Path) -> str:
    """Return a file's SHA-256, without holding the interpreter for long."""
    digest = hashlib.sha256()
    for part in _parts(path):
        digest.update(part)
    return digest.hexdigest()


def _parts(path: Path) -> Iterator[bytes]:
    if not os.path.isfile(path):
        raise ArtifactError(f"There is no file {path}: extempo models lists what is installed.")
    try:
        yield from files.parts(path, MAX_BYTES)
    except files.TooLargeError as error:
        raise ArtifactError(
            f"{path} is larger than the {MAX_BYTES >> 20} MB that a model which plays in time may have: choose"
            " a smaller one."
        ) from error
    except files.FileError as error:
        raise ArtifactError(str(error)) from error


def _place(digest: str) -> Path:
    cache = user_cache_path("extempo", appauthor=False) / "prepared"
    return cache / f"{digest[:32]}-{_rules()}"


def makers() -> list[Path]:
    """Return the sources that what is kept depends on."""
    here, contract = Path(__file__).parent, Path(errors.__file__).parent
    return [source for folder in (here, contract) for source in sorted(folder.rglob("*.py"))]


@cache
def _rules() -> str:
    """Return a digest of all that what is kept depends on but the file: our sources, and ONNX's version."""
    digest = hashlib.sha256(repr(_versions("onnx", "protobuf")).encode())
    for source in makers():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _here() -> str:
    """Return a digest of all that playing depends on but the file: what runs it, and on what."""
    runs = _versions("onnxruntime", "onnxruntime-gpu", "llvmlite", "numpy")
    return hashlib.sha256(
        repr((runs, platform.system(), platform.machine(), realtime.processor())).encode()
    ).hexdigest()[:16]


def _versions(*names: str) -> dict[str, str]:
    found = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _is_trusted(found: Prepared) -> bool:
    """Return whether a file ships, or has been tried here."""
    kept = _place(found.digest)
    return found.digest in _slow or ships(found.path) or (kept / _passed()).exists()


def _passed() -> str:
    return f"passed-{_here()}"


def _with_pace(found: Prepared) -> Prepared:
    return msgspec.structs.replace(found, slow=_slow.get(found.digest, ""))


def _find(path: Path, digest: str) -> Prepared | None:
    kept = _place(digest)
    try:
        text = (kept / _DOCUMENT).read_text(encoding="utf-8")
        document, ignored = load(text, str(path))
        check_document(document, str(path))
        entries = [entry.name for entry in reader(document.kind).parts(document)]
        digests = {name: _sha256(kept / name) for name in (*map(_graph, entries), _WEIGHTS)}
        if msgspec.json.decode((kept / _DIGESTS).read_bytes()) != digests:
            return None
        # What is used stays.
        os.utime(kept)
    except (OSError, ValueError, ArtifactError):
        return None
    graphs: dict[str, str | bytes] = {name: str(kept / _graph(name)) for name in entries}
    prepared = Prepared(path, digest, document, ignored, graphs, str(kept / _WEIGHTS))
    return _with_pace(prepared)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _graph(entry: str) -> str:
    return f"{entry}.onnx"


def keep(prepared: Prepared) -> Prepared:
    """Keep an artifact's parts for next time, where a disk takes them; return it with its parts there."""
    kept = _place(prepared.digest)
    try:
        _keep(kept, prepared)
        caches.prune(kept.parent, _KEPT)
    except OSError as error:
        _log.info("no cache for prepared models at %s: %s", kept.parent, error)
        return prepared
    return _find(prepared.path, prepared.digest) or prepared


def trust(prepared: Prepared) -> None:
    """Note with what was kept of an artifact that it was tried, and plays here."""
    with suppress(OSError):
        (_place(prepared.digest) / _passed()).touch()


def discard(prepared: Prepared) -> None:
    """Keep nothing of an artifact."""
    shutil.rmtree(_place(prepared.digest), ignore_errors=True)


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
