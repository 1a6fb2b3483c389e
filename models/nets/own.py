"""A network of one's own: a class in a file that somebody names, beside those in the table."""

import ast
import dataclasses
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from models.contract import border, files
from models.contract.errors import ExtempoError, GivenError
from models.contract.nearest import meant
from models.contract.representation import Representation
from models.nets.notes import NotesNet
from models.nets.trying import tried

PAGE: Final = "docs/7-a-network-of-your-own.md"
SETTINGS: Final = ("embed", "head", "memory", "copy", "dropout")
"""Fields that every Config of a network of notes has, see `NotesConfig`."""
_MOST: Final = 4 << 20
"""Bytes of a source that is read."""


class OwnNetError(GivenError):
    """A network of one's own that cannot be read, made or used, in one sentence that names its file."""


class OwnNet(msgspec.Struct, frozen=True):
    """Which class of which file. digest: the file's SHA-256. made: the class; None where only a checkpoint names it."""

    file: str
    name: str
    digest: str
    made: Any = None

    @property
    def said(self) -> str:
        """Return how --net names it, without the folders that the file lies in."""
        return f"{Path(self.file).name}:{self.name}"

    def remembered(self) -> "OwnNet":
        """Return what a checkpoint says of it: no folders, and no code."""
        return OwnNet(Path(self.file).name, self.name, self.digest)

    def changed(self, before: "OwnNet | None") -> str:
        """Return a sentence where the file is not as it was when the weights were trained with it, or nothing."""
        if before is None or before.digest == self.digest:
            return ""
        return (
            f"{self.file} is not as it was when it was trained with (SHA-256 {before.digest[:12]} then, "
            f"{self.digest[:12]} now): the weights mean what they did only if {self.name} computes the same."
        )

    def check(self, config: Mapping[str, object]) -> None:
        """Raise OwnNetError if it has no such setting."""
        known = {field.name for field in dataclasses.fields(self.made.Config)}
        if unknown := sorted(set(config) - known):
            raise OwnNetError(
                f"{self.file}: {self.name} has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}."
            )

    def build(self, config: Mapping[str, Any], representation: Representation) -> NotesNet:
        """Return a fresh network, tried on a few steps. Raises OwnNetError."""
        self.check(config)
        with self.blamed("cannot be made with this [config]"):
            net: NotesNet = self.made(self.made.Config(**config), representation)
            if not isinstance(getattr(net, "width", None), int):
                raise TypeError("it does not call super().__init__(config, representation, width)")
            if not all(weights.numel() for weights in net.parameters()):
                raise ValueError("some of its weights have no size")
        with self.blamed("does not work"):
            tried(net)
        return net

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """Turn whatever its code raises into one OwnNetError, but for errors of our own. what: it did not do."""
        with border.border(
            lambda said: OwnNetError(f"{self.file}: {self.name} {what} ({said}): mend it there.")
        ):
            try:
                yield
            except ExtempoError:
                raise
            except Exception as error:
                raise _placed(error, self.file) from error


def blamed(own: OwnNet | None, what: str) -> AbstractContextManager[None]:
    """Return `OwnNet.blamed`, or what does nothing where the network is none of the user's own."""
    return nullcontext() if own is None else own.blamed(what)


def load(named: str) -> OwnNet:
    """Run a file, and return the network that it holds; named: my.py:GruNet. Raises OwnNetError.

    It is code of whoever wrote the file: nothing runs it but a person who names it.
    """
    file, _, name = named.rpartition(":")
    if not file or file.endswith((":", "/", "\\")) or not name.isidentifier():
        raise OwnNetError(
            f"--net names a class of a file, such as my.py:GruNet, and not {named!r}."
        )
    try:
        source = files.read(Path(file), _MOST)
    except files.FileError as error:
        raise OwnNetError(
            f"{str(error).rstrip('.')}: --net names a Python file, such as my.py:GruNet."
        ) from error
    classes = _classes(source, file)
    made = vars(_module(source, file)).get(name)
    if not isinstance(made, type):
        raise OwnNetError(
            f"{file} has no class {name!r}: it has {', '.join(classes) or 'none'}.{meant(name, classes)}"
        )
    _check(made, file)
    return OwnNet(file, name, hashlib.sha256(source).hexdigest(), made)


def _classes(source: bytes, file: str) -> list[str]:
    with border.border(
        lambda said: OwnNetError(f"{file} is no Python that can be read ({said}): mend it.")
    ):
        parsed = ast.parse(source, file)
    return [node.name for node in parsed.body if isinstance(node, ast.ClassDef)]


def _module(source: bytes, file: str) -> ModuleType:
    path = Path(file).resolve()
    spec = importlib.util.spec_from_file_location(f"extempo_own_{path.stem}", path)
    if spec is None:
        raise OwnNetError(f"{file} is no Python file: its name ends in .py.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up; what lies beside the file may be imported, after everything else.
    sys.modules[spec.name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    with border.border(
        lambda said: OwnNetError(f"{file} cannot be imported ({said}): mend it there.")
    ):
        try:
            exec(compile(source, str(path), "exec"), vars(module))
        except SystemExit as error:
            raise _placed(RuntimeError("it ends the program"), file) from error
        except Exception as error:
            raise _placed(error, file) from error
    return module


def _check(made: type, file: str) -> None:
    """Raise OwnNetError unless a class is a network of notes with a Config."""
    name = made.__name__
    if not issubclass(made, NotesNet):
        raise OwnNetError(
            f"{file}: {name} is no network of notes: derive it from models.nets.notes.NotesNet, as {PAGE} shows."
        )
    if lacking := sorted(getattr(made, "__abstractmethods__", ())):
        raise OwnNetError(f"{file}: {name} lacks {', '.join(lacking)}: write what {PAGE} shows.")
    config = getattr(made, "Config", None)
    known = (
        {field.name for field in dataclasses.fields(config)}
        if dataclasses.is_dataclass(config)
        else set()
    )
    if lacking := [setting for setting in SETTINGS if setting not in known]:
        raise OwnNetError(
            f"{file}: {name} needs a Config, a dataclass with {', '.join(lacking)}: write what {PAGE} shows."
        )


def _placed(error: Exception, file: str) -> Exception:
    """Return what is said of an error: its kind, its text, and in which line of the file it came up."""
    ours = str(Path(file).resolve())
    lines = [
        each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == ours
    ]
    where = f"line {lines[-1]}: " if lines else ""
    kind = type(error).__name__
    return RuntimeError(
        f"{where}{border.said(error)}"
        if kind in border.said(error)
        else f"{where}{kind}: {border.said(error)}"
    )
