"""Have an artifact checked and compiled by another process, so that the one that plays only reads it.

Checking imports the file format's library, and compiling writes code in Python: both would hold
Python's lock while other voices play. They are done once for a file on a machine, and kept on the disk.
"""

from contextlib import suppress
from pathlib import Path

from live.runtime import trial
from live.runtime.kinds.table import reader
from live.runtime.prepare import find
from models.contract.errors import ExtempoError


def make_ready(path: Path) -> None:
    """Wait until another process has done that, if it has not been done. Raises ArtifactError, one sentence.

    For a thread that may wait.
    """
    if not is_ready(path):
        trial.passes(path)


def is_ready(path: Path) -> bool:
    """Return whether an artifact only has to be read."""
    with suppress(ExtempoError):
        prepared = find(path)
        if prepared is not None:
            return reader(prepared.document.kind).is_ready(prepared.document, str(path))
    return False
