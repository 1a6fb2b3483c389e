"""The program that tries an artifact: checks it, plays a few steps of it, and keeps what passes in the cache."""

import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import onnx
import onnxruntime

from live import realtime
from live.runtime.prepare import MAX_BYTES, Prepared, examine, keep, read_bytes
from live.runtime.trial import Verdict
from models.contract.border import border
from models.contract.errors import ArtifactError, ExtempoError

MEMORY: Final = 340 << 20
"""Bytes that it may have, beside those for the file; the libraries alone take a third."""
TIMES: Final = 4
"""How often a file may lie in memory: as it came, parsed, cut, and in ONNX Runtime."""
SECONDS: Final = 3.5
"""Processor time to check a file and to play some steps of it: a hundred times what those that ship take."""
COMPILING: Final = 60.0
"""The same for a network of sound, which is compiled."""
LIBRARIES: Final = (np.__version__, onnx.__version__, onnxruntime.__version__)
"""All that is loaded before the time is taken."""


def tried(path: Path) -> str:
    """Check and play an artifact; return why it is too slow here, or nothing. Raises ExtempoError."""
    size = min(path.stat().st_size, MAX_BYTES) if path.exists() else 0
    memory = MEMORY + TIMES * size
    realtime.confine(memory, SECONDS)
    with border(lambda said: ArtifactError(f"{path} cannot be played ({said}): export it again.")):
        prepared = examine(read_bytes(path), path)
        if prepared.document.kind == "audio":
            realtime.confine(memory, COMPILING)
            slow = _slow_sound(prepared)
        else:
            slow = _slow(prepared)
        keep(prepared, passed=not slow)
    return slow


def _slow(prepared: Prepared) -> str:
    from live.runtime.events import EventModel
    from live.runtime.timing import least, refusal

    model = EventModel(prepared)
    return refusal(model.document.name, least(model))


def _slow_sound(prepared: Prepared) -> str:
    # Brings in LLVM, which only those need who play sound.
    from live.runtime.sound import SoundModel
    from live.runtime.sound_timing import least, refusal

    model = SoundModel.of_prepared(prepared)
    return refusal(model, least(model))


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
