"""Programs of `export`, run in a process of their own: the stage never imports what they need."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from live.bench.rows import BenchError

_ROOT: Final = Path(__file__).parents[2]


def printed(module: str, *arguments: str, what: str, patience: float) -> bytes:
    """Return what a program prints. what: what it brings, in words; patience: seconds it may take.

    Raises BenchError with its last line where it fails.
    """
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=patience, cwd=_ROOT)
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise BenchError(f"{what} could not be had: {' '.join(last)}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{what} took too long") from error
    return done.stdout
