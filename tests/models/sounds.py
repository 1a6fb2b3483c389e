"""Small sounds for tests of corpora."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000


def tone(seconds: float, rate: int = RATE, pitch: float = 440.0) -> NDArray[np.float32]:
    """Return a sine that swells and fades twice a second."""
    time = np.arange(round(seconds * rate)) / rate
    swell = 0.3 * np.sin(np.pi * 2 * time) ** 2
    return (swell * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def write(path: Path, sound: NDArray[np.float32], rate: int = RATE, kind: str = "PCM_16") -> Path:
    """Write a sound file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate, subtype=kind)
    return path
