"""Artifacts come into the user's folder and leave it: whole, checked before, and never half."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from live.machine.lock import locked
from live.runtime.golden import replay
from live.runtime.library import installed, user_folder
from live.runtime.opening import opened
from live.runtime.prepare import MAX_BYTES, SHIPPED, prepare
from live.runtime.sessions import running
from models.contract import files, index
from models.contract.document import Document
from models.contract.errors import ArtifactError, ExtempoError, GivenError
from models.contract.nearest import meant

ENDING: Final = ".onnx"
LONGEST: Final = 200
"""Bytes of a name: a file's may have 255, with its ending and what marks it as a part."""
_LOCK: Final = ".lock"


class Installed(NamedTuple):
    """What was installed, where, and what there is to say of it, in sentences."""

    path: Path
    document: Document
    notes: list[str]


def install(source: Path, name: str = "", replaces: bool = False) -> Installed:
    """Copy an artifact, with its index if it has one, into the user's folder, where `library.find` finds it.

    It is checked whole before, its golden pair replayed; what is copied is what was checked. A kill leaves the
    folder as it was, or with the model. name: by which it is found; empty: the file's own. Raises ExtempoError,
    one sentence.
    """
    name = _name(name or source.name)
    target = user_folder() / (name + ENDING)
    _check_free(source, target, name, replaces)
    found = opened(source)
    with running(str(source)):
        replayed = replay(found.model, found.document)
    if not replayed.agrees:
        raise ArtifactError(
            f"{source} does not compute what it did where it was made (it is off by {replayed.difference:.2g}): "
            "export it again."
        )
    beside, notes = _beside(source, found.document)
    if slow := prepare(source).slow:
        notes.append(slow)
    parts: dict[Path, tuple[Iterable[bytes], str]] = {
        target: (files.parts(source, MAX_BYTES), found.digest)
    }
    if beside is not None:
        # Nobody looks for an index before its artifact is there.
        digest = hashlib.sha256(beside).hexdigest()
        parts = {target.with_suffix(index.SUFFIX): ([beside], digest), **parts}
    with _alone(target.parent):
        # Another may have come meanwhile.
        _check_free(source, target, name, replaces)
        _put(parts, source)
        if beside is None:
            target.with_suffix(index.SUFFIX).unlink(missing_ok=True)
    return Installed(target, found.document, notes)


def remove(name: str) -> Path:
    """Remove an artifact and its index from the user's folder; return where it was. Raises GivenError."""
    stem = _name(name)
    target = user_folder() / (stem + ENDING)
    if not os.path.lexists(target):
        if (SHIPPED / target.name).exists():
            raise GivenError(f"{stem} ships with extempo, and stays.")
        own = [path.stem for path in installed() if path.parent == target.parent]
        raise GivenError(
            f"There is no model {stem!r} in {target.parent}: {', '.join(own) or 'none'} can be removed."
            f"{meant(stem, own)}"
        )
    with _alone(target.parent):
        # Without its artifact an index is nothing.
        target.unlink()
        target.with_suffix(index.SUFFIX).unlink(missing_ok=True)
    return target


def _name(name: str) -> str:
    stem = name.removesuffix(ENDING)
    if not stem or stem.startswith(".") or not stem.isprintable() or {"/", "\\"} & set(stem):
        raise GivenError(
            f"{name!r} is no name for a model: give another with --name, such as mine."
        )
    if len(stem.encode()) > LONGEST:
        raise GivenError(
            f"{stem} is longer than the {LONGEST} bytes that a name may have: give another with --name."
        )
    return stem


def _check_free(source: Path, target: Path, name: str, replaces: bool) -> None:
    """Raise GivenError where a name is taken, unless it is to be replaced."""
    with suppress(OSError):
        if os.path.samefile(source, target):
            raise GivenError(f"{source} is the file that is installed as {name} already.")
    if target.is_dir() and not target.is_symlink():
        raise GivenError(f"{target} is a folder: give another name with --name.")
    ships = (SHIPPED / target.name).exists()
    if replaces or not (ships or os.path.lexists(target)):
        return
    whose = (
        "ships with extempo, and yours would be found in its place"
        if ships
        else "is installed already"
    )
    raise GivenError(
        f"{name} {whose}: add --replace if that is meant, or give another name with --name."
    )


def _beside(source: Path, document: Document) -> tuple[bytes | None, list[str]]:
    """Return the index that an artifact names, and a sentence where it cannot be had."""
    if document.index is None:
        return None, []
    path = source.with_suffix(index.SUFFIX)
    try:
        data = files.read(path, index.MOST)
        if hashlib.sha256(data).hexdigest() != document.index.digest:
            raise GivenError(f"{path} is not the index that {source.name} names")
        index.read(data, str(path))
    except ExtempoError as error:
        why = str(error).rstrip(".")
        return None, [
            f"{why}, so that novelty will do nothing: put its index there, and install it again."
        ]
    return data, []


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Have the folder, which is made, for oneself; what the system has against it becomes a sentence."""
    with ExitStack() as closing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            closing.callback(os.close, descriptor)
            if not locked(descriptor):
                raise GivenError(
                    f"something else is installed into {folder} just now: try again when it is done."
                )
            yield
        except OSError as error:
            raise ExtempoError(
                f"{folder} cannot be written ({error.strerror or error}), and is as it was: make room there, or let it "
                "be written."
            ) from error


def _put(parts: Mapping[Path, tuple[Iterable[bytes], str]], source: Path) -> None:
    """Write files whose digests are known beside their places, then let all take them. Raises OSError."""
    fresh = {target: target.with_name(f".{target.name}.part") for target in parts}
    try:
        for target, (content, digest) in parts.items():
            if _written(fresh[target], content) != digest:
                raise ArtifactError(
                    f"{source} was written while it was installed: install it again."
                )
        for target, part in fresh.items():
            # A link there is replaced, and what it leads to stays.
            os.replace(part, target)
    finally:
        for part in fresh.values():
            part.unlink(missing_ok=True)


def _written(path: Path, content: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    # What a kill left there may be a link.
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        for part in content:
            digest.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
