"""Sound files: read for a voice of sound to go on from, and written where sound is rendered."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from models.contract.errors import ExtempoError
from models.contract.samples import Sound

SLOWEST: Final = 4000
FASTEST: Final = 768_000
"""Samples a second of files that are read."""
SHORTEST: Final = 0.05
"""Seconds of sound that there must be."""
_SILENT: Final = 1e-4
_LOUDEST: Final = 16.0
"""Beyond this, floats in a file are not sound."""


class SoundFileError(ExtempoError):
    """A file that is no sound to go on from, or that cannot be written."""


def read(path: Path, seconds: float, rate: int = 0) -> Sound:
    """Return the last seconds of a file, its channels as one, float32 [samples] from -1 to 1.

    rate: samples a second that are wanted; 0 leaves it at the file's own. What is louder than 1 is cut
    off, and of a file that was cut short what there is is taken. Raises SoundFileError, one sentence, for a
    file that cannot be read, is too short, silent, or holds what is no sound. Any thread may call it.
    """
    sound, own = _end(path, seconds)
    if not np.isfinite(sound).all() or np.abs(sound).max(initial=0.0) > _LOUDEST:
        raise SoundFileError(
            f"{path} holds numbers that are no sound: save it again as 16-bit WAV."
        )
    if len(sound) < SHORTEST * own:
        raise SoundFileError(
            f"{path} is too short to go on from: it takes {1000 * SHORTEST:.0f} ms of sound at least."
        )
    if np.abs(sound).max() < _SILENT:
        raise SoundFileError(
            f"{path} is silent in its last {len(sound) / own:.3g} seconds: there is nothing to go on from."
        )
    if rate and rate != own:
        import soxr

        sound = np.asarray(soxr.resample(sound, own, rate), np.float32)
    return np.clip(sound, -1.0, 1.0)


def _end(path: Path, seconds: float) -> tuple[Sound, int]:
    """Return the end of a file as one channel, and its rate."""
    import soundfile

    # A pipe or a device would keep whoever reads it waiting.
    if not path.is_file():
        raise SoundFileError(f"There is no file {path}.")
    try:
        with soundfile.SoundFile(path) as file:
            own = int(file.samplerate)
            if not SLOWEST <= own <= FASTEST:
                raise SoundFileError(
                    f"{path} has {own} samples a second: {SLOWEST} to {FASTEST} can be read."
                )
            file.seek(max(file.frames - round(seconds * own), 0))
            channels = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundFileError(f"{path} is not sound that can be read ({error}).") from error
    return np.asarray(channels.mean(axis=1), np.float32), own


def write(path: Path, rate: int, blocks: Iterable[Sound]) -> float:
    """Write frames [frames, 2] as a 16-bit WAV file, whole or not at all; return how many seconds that are.

    Raises SoundFileError, one sentence, where the disk does not take it.
    """
    import soundfile

    frames = 0
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(
            temporary, "w", rate, channels=2, subtype="PCM_16", format="WAV"
        ) as file:
            for block in blocks:
                file.write(block)
                frames += len(block)
        os.replace(temporary, path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundFileError(f"The sound cannot be written to {path} ({error}).") from error
    finally:
        # Also where the performer has lost patience.
        with contextlib.suppress(OSError):
            temporary.unlink()
    return frames / rate
