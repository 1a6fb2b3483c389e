"""Small sounds for tests of corpora."""

from pathlib import Path

import mido
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


def scale(path: Path) -> None:
    """Write a scale of eighths at 120, the last note held by the pedal."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    for number in range(8):
        if number == 7:
            track.append(mido.Message("control_change", control=64, value=127))
        track.append(mido.Message("note_on", note=60 + number, velocity=70 + number))
        track.append(mido.Message("note_off", note=60 + number, time=240))
    track.append(mido.Message("control_change", control=64, value=0, time=480))
    file.save(path)
