"""All rows of sound: the compiled kernel, and other runtimes of the same network."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from live.bench.sound import peers as sound_peers
from live.bench.sound import performance as sound_performance
from live.bench.sound import rows as sound_rows
from live.bench.sound.performance import RANDOM
from live.bench.sound.sizes import SIZES
from live.bench.suite import Rows, Suite
from live.declared.knob import SOUNDS
from live.runtime import library
from models.contract.errors import ArtifactError

SECONDS: Final = 5.0
"""Seconds that a row which plays in real time is measured for, unless told."""

MEASURES: Final = (
    Rows(sound_rows.SPEED, sound_rows.speed),
    Rows(sound_peers.SESSION, sound_peers.session),
    Rows(sound_peers.TORCH, sound_peers.torch),
    Rows(sound_rows.BLOCKS, sound_rows.blocks),
    Rows(sound_rows.MOMENTS, sound_rows.moments),
    Rows(sound_rows.MEMORY, sound_rows.memory),
    Rows(sound_rows.COMPILING, sound_rows.compiling),
    Rows(tuple(sound_rows.VOICES), sound_rows.voices),
    Rows(sound_performance.ROWS, sound_performance.through_jack),
    Rows(("note_to_sound",), sound_performance.answered),
)
_PEERS: Final = ("session", "torch_cached", "torch_naive")
ORDER: Final = (
    *(f"{size}.{engine}" for size in SIZES for engine in ("kernel", *_PEERS)),
    *sound_rows.USEFUL,
    *sound_rows.VOICES,
    *sound_rows.BLOCKS,
    *sound_rows.MOMENTS,
    *sound_rows.MEMORY,
    *sound_rows.COMPILING,
    *sound_performance.ROWS,
    "note_to_sound",
)
"""The rows as they are shown."""


def base(name: str) -> str:
    """Return the row that a row is held against: the kernel's, of the same size."""
    size, _, engine = name.partition(".")
    return f"{size}.kernel" if engine in _PEERS else ""


SOUND: Final = Suite(MEASURES, ORDER, base)
"""How a network plays sound, sample by sample."""


def shipped() -> Path:
    """Return the model of sound that is installed first, or RANDOM."""
    for path in library.installed():
        with suppress(ArtifactError):
            if library.describe(path).kind in SOUNDS:
                return path
    return RANDOM
