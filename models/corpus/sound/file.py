"""Sound files of any rate, depth and number of channels, to mu-law codes at one rate.

A file is read block by block. What makes it useless is said in one sentence.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.contract.errors import ExtempoError
from models.contract.samples import Codes, Sound, encode, polarities

SUFFIXES: Final = frozenset(
    (
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".w64",
        ".caf",
    )
)
RATES: Final = (8_000, 192_000)
CHANNELS: Final = 8
BLOCK: Final = 1 << 16
"""Frames that are read at once."""
PLACES: Final = 16
PLACE: Final = 4096
"""Places that tell whether a channel is turned round, and frames in each."""
SHORTEST: Final = 0.25
"""Seconds that a sound must last."""
SILENT: Final = 1e-4
"""A sound whose peak is lower than this is silent."""
FULL: Final = 0.999
CLIPPED: Final = 0.02
"""The share of samples at full scale from which a sound is clipped."""


def read_codes(path: Path, rate: int, share: tuple[float, float] = (0.0, 1.0)) -> Iterator[Codes]:
    """Yield the mu-law codes of a part of a sound file, mono, at `rate`.

    Raises ExtempoError, at the latest after the last block: not a sound, too short, silent,
    clipped, broken off, not numbers, or a rate or number of channels that is not taken.
    """
    import soundfile
    import soxr

    try:
        # What the system has against it, libsndfile does not tell.
        path.open("rb").close()
        with soundfile.SoundFile(path) as file:
            _check_header(path, file)
            first, end = (round(file.frames * part) for part in share)
            stream = soxr.ResampleStream(file.samplerate, rate, 1, "float32", "HQ")
            heard = _Heard(path)
            signs = _signs(file, first, end)
            file.seek(first)
            for at in range(first, end, BLOCK):
                wanted = min(BLOCK, end - at)
                block = file.read(wanted, "float32", always_2d=True)
                if len(block) < wanted:
                    raise ExtempoError(
                        f"{path} breaks off after {at / file.samplerate:.1f} s: get it again."
                    )
                mono = heard.hear((block * signs).mean(1, dtype=np.float32))
                yield encode(stream.resample_chunk(mono, last=at + wanted == end))
            heard.check()
    except (OSError, RuntimeError, UnicodeError, soundfile.LibsndfileError) as error:
        raise ExtempoError(
            f"{path} cannot be read as sound ({_reason(error)}): leave it out, or save it as WAV."
        ) from error


def _signs(file: Any, first: int, end: int) -> Sound:
    """Return how the channels of a part of a file go together, from places all over it."""
    found = []
    for at in np.linspace(first, max(end - PLACE, first), PLACES).astype(int).tolist():
        file.seek(at)
        found.append(file.read(min(PLACE, end - at), "float32", always_2d=True))
    return polarities(np.concatenate(found))


class _Heard:
    """What was heard of a file so far: its peak, and how much of it is at full scale."""

    def __init__(self, path: Path) -> None:
        self._path, self._peak, self._full, self._count = path, 0.0, 0, 0

    def hear(self, mono: Sound) -> Sound:
        """Take a block and return it; ExtempoError if not all of it is numbers."""
        if not np.isfinite(mono).all():
            raise ExtempoError(
                f"{self._path} holds samples that are not numbers: export it again from the program "
                f"that made it."
            )
        size = np.abs(mono)
        self._peak = max(self._peak, float(size.max(initial=0.0)))
        self._full += int((size >= FULL).sum())
        self._count += len(mono)
        return mono

    def check(self) -> None:
        """Raise ExtempoError if the whole was silent or clipped."""
        if self._peak < SILENT:
            raise ExtempoError(f"{self._path} is silent: leave it out.")
        if self._full > CLIPPED * self._count:
            raise ExtempoError(
                f"{self._path} is clipped ({100 * self._full / self._count:.0f} % of it at full "
                f"scale): take a recording at a lower level."
            )


def _check_header(path: Path, file: Any) -> None:
    rate, channels, frames = file.samplerate, file.channels, file.frames
    if not RATES[0] <= rate <= RATES[1]:
        raise ExtempoError(
            f"{path} has {rate} samples a second: {RATES[0]} to {RATES[1]} can be used."
        )
    if channels > CHANNELS:
        raise ExtempoError(f"{path} has {channels} channels: at most {CHANNELS} can be used.")
    if frames < SHORTEST * rate:
        raise ExtempoError(
            f"{path} lasts {frames / rate:.3f} s: it takes {SHORTEST} s at least to learn from."
        )


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "the letters of its name are not UTF-8: rename it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rsplit(": ", 1)[-1].rstrip(".") or "it is empty"
