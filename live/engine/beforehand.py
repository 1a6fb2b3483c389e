"""Have an artifact checked and compiled by another process, so that the one that plays only reads it.

Checking imports the file format's library, and compiling writes code in Python: both would hold
Python's lock while other voices play. They are done once for a file on a machine, and kept on the disk.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from live import realtime
from models.contract.errors import ExtempoError
from models.contract.sizes import Sizes

_PATIENCE: Final = 120.0


def make_ready(path: Path) -> None:
    """Wait until another process has done that, if it has not been done; whatever goes wrong is told later.

    For a thread that may wait.
    """
    if is_ready(path):
        return
    command = [sys.executable, "-m", __name__, str(path)]
    quiet = subprocess.DEVNULL
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_PATIENCE, check=False
        )


def is_ready(path: Path) -> bool:
    """Return whether an artifact only has to be read."""
    from live.runtime.prepare import find

    with suppress(ExtempoError):
        prepared = find(path)
        if prepared is None or prepared.document.kind != "audio":
            return prepared is not None
        from live.runtime.sound import layout_of
        from live.runtime.sound_compile import is_compiled

        return is_compiled(layout_of(Sizes.of(prepared.document.config, str(path))))
    return False


def main(path: str) -> None:
    """Check and compile an artifact, as an ordinary program."""
    from live.engine.loading import open_any

    realtime.leave()
    with suppress(ExtempoError):
        open_any(path)


if __name__ == "__main__":
    main(sys.argv[1])
