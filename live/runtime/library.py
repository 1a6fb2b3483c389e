"""Where artifacts lie: those that ship, those in the user's own folder, or any path."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from live.runtime.prepare import SHIPPED, read_bytes
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.nearest import meant

DEFAULT: Final = "improviser"
"""The model that plays if no other is asked for."""


def user_folder() -> Path:
    """Return the folder where the user's own artifacts are looked for; it need not exist."""
    return user_data_path("extempo", appauthor=False) / "models"


def installed() -> list[Path]:
    """Return every artifact that can be found by name, the user's own before those that ship."""
    return [path for folder in (user_folder(), SHIPPED) for path in sorted(folder.glob("*.onnx"))]


def find(name: str) -> Path:
    """Return the artifact that is meant: a path, or a name as `extempo models` lists it.

    Of two with the same name the user's own is meant, and a file here only where no model has the
    name, or with a folder before it, as in ./name. A part of a name is enough if it is one model's
    only. Raises ArtifactError if there is none, or several.
    """
    # `Path`'s own would raise for a user or a file that the system cannot look for.
    asked = os.path.expanduser(name)
    path = Path(asked)
    if path.suffix == ".onnx" or os.path.dirname(asked):
        if not os.path.isfile(path):
            raise ArtifactError(f"There is no file {path}: extempo models lists what is installed.")
        return path
    by_name: dict[str, Path] = {}
    for known in installed():
        by_name.setdefault(known.stem, known)
    if name in by_name:
        return by_name[name]
    if os.path.isfile(path):
        return path
    alike = [stem for stem in by_name if name and name.lower() in stem.lower()]
    if len(alike) == 1:
        return by_name[alike[0]]
    if alike:
        raise ArtifactError(f"{name!r} may be any of {', '.join(alike)}: say which one.")
    raise ArtifactError(
        f"There is no model {name!r}: choose one of {', '.join(by_name) or '(none)'}, "
        f"a path, or install its file with extempo models install.{meant(name, by_name)}"
    )


def describe(path: Path) -> Document:
    """Return what an artifact says of itself; ArtifactError if it is not one."""
    # Brings onnx along, and only the list of models asks.
    from live.runtime.artifact import introduce

    return introduce(read_bytes(path), str(path))[1]
