"""Sound files: read for a voice of sound to go on from, and written where sound is rendered."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from live.machine.quiet import quiet
from models.contract import files
from models.contract.border import border
from models.contract.errors import ExtempoError
from models.contract.samples import Sound, polarities
from models.contract.whole import whole

SLOWEST: Final = 4000
FASTEST: Final = 768_000
"""Samples a second of files that are read."""
SHORTEST: Final = 0.05
"""Seconds of sound that there must be."""
_SILENT: Final = 1e-4
_LARGEST: Final = 8 << 30
"""Bytes of a file that is read: hours of sound; only its end is looked at."""
_MOST_SAMPLES: Final = 1 << 27
"""Samples of all channels that are read."""
_PART: Final = 1 << 20
"""Samples that are read at a time."""
_PATIENCE: Final = 10.0
"""Seconds that the end of a file may take to be read."""
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

    # A pipe, a device or one of the system's own files would keep whoever reads it waiting.
    try:
        files.opened(path, _LARGEST).close()
    except files.FileError as error:
        raise SoundFileError(str(error)) from error
    with (
        # Of a broken MP3, its library prints what it finds.
        quiet(),
        border(lambda said: SoundFileError(f"{path} is not sound that can be read ({said}).")),
        soundfile.SoundFile(path) as file,
    ):
        own = int(file.samplerate)
        if not SLOWEST <= own <= FASTEST:
            raise SoundFileError(
                f"{path} has {own} samples a second: {SLOWEST} to {FASTEST} can be read."
            )
        wanted = min(round(seconds * own), file.frames)
        if wanted * file.channels > _MOST_SAMPLES:
            raise SoundFileError(
                f"{path} has {file.channels} channels, more than are read of so long a sound: save it as stereo."
            )
        file.seek(file.frames - wanted)
        return _as_one(file, wanted), own


def _as_one(file: Any, wanted: int) -> Sound:
    """Return so many frames, their channels as one: read in parts, for there may be many channels."""
    parts: list[Sound] = []
    signs: Sound | None = None
    begun, left = time.monotonic(), wanted
    while left > 0:
        part = file.read(max(min(left, _PART // file.channels), 1), dtype="float32", always_2d=True)
        if not len(part):
            break
        signs = polarities(part) if signs is None else signs
        parts.append((part * signs).mean(1, dtype=np.float32))
        left -= len(part)
        if time.monotonic() - begun > _PATIENCE:
            raise SoundFileError(f"{file.name} takes too long to be read: save it as 16-bit WAV.")
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def write(path: Path, rate: int, blocks: Iterable[Sound]) -> float:
    """Write frames [frames, 2] as a 16-bit WAV file, whole or not at all; return how many seconds that are.

    Raises SoundFileError, one sentence, where the disk does not take it.
    """
    import soundfile

    frames = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            whole(path) as fresh,
            soundfile.SoundFile(
                fresh, "w", rate, channels=2, subtype="PCM_16", format="WAV"
            ) as file,
        ):
            for block in blocks:
                file.write(block)
                frames += len(block)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SoundFileError(f"The sound cannot be written to {path} ({reason}).") from error
    return frames / rate
