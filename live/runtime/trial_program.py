"""The program that tries an artifact: checks it, plays a few steps of it, and keeps what passes in the cache."""

import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import onnx
import onnxruntime

from live.machine import realtime
from live.runtime.kinds.table import reader
from live.runtime.prepare import discard, examine, keep, read_bytes, trust
from live.runtime.prepared import Prepared
from live.runtime.trial import Verdict
from models.contract.border import border
from models.contract.errors import ArtifactError, ExtempoError

MEMORY: Final = 480_000_000
"""Bytes of memory that it may have in all: with code that is loaded on the way, less than 500 MB."""
COMPILER: Final = 60_000_000
"""Of these for the code of the compiler, which only what is compiled needs."""
SECONDS: Final = 3.5
"""Processor time to check a file and to play some steps of it: a hundred times what those that ship take."""
COMPILING: Final = 60.0
"""The same for what is compiled."""
LIBRARIES: Final = (np.__version__, onnx.__version__, onnxruntime.__version__)
"""Everything that is loaded before timing begins."""


def tried(path: Path) -> str:
    """Check and play an artifact; return why it is too slow here, or nothing. Raises ExtempoError."""
    realtime.confine(MEMORY, SECONDS)
    with border(lambda said: ArtifactError(f"{path} cannot be played ({said}): export it again.")):
        # From the disk ONNX Runtime takes what it needs, and the parts need not lie in memory as well.
        prepared = keep(examine(read_bytes(path), path))
        try:
            slow = _played(prepared)
        except BaseException:
            discard(prepared)
            raise
    if not slow:
        trust(prepared)
    return slow


def _played(prepared: Prepared) -> str:
    kind = reader(prepared.document.kind)
    if kind.compiles(prepared.document):
        realtime.confine(MEMORY - COMPILER, COMPILING)
    return kind.too_large(kind.opened(prepared), prepared.document.name)


def main(path: str) -> None:
    """Try an artifact as an ordinary program, and say what came of it as the last line."""
    realtime.leave()
    try:
        verdict = Verdict(slow=tried(Path(path)))
    except ExtempoError as error:
        verdict = Verdict(error=str(error))
    print(msgspec.json.encode(verdict).decode())  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
