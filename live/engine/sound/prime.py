"""Priming: a voice of sound listens to other sound, and goes on from there."""

from pathlib import Path

import numpy as np

from live.engine.sound.resampler import Resampler
from live.ipc.soundring import SoundRing
from live.runtime.sound import file
from live.runtime.sound.stream import PRIME, Snapshot, SoundModel
from models.contract.errors import GivenError
from models.contract.samples import Sound

_SILENT = 1e-4
_PART = 4096
"""Samples that are resampled at a time."""


class PrimeError(GivenError):
    """Sound that a voice cannot be primed with."""


def listen(capture: SoundRing | None, seconds: float, rate: int) -> Sound | None:
    """Return the last of what came in, at a rate, mono; None where the ports have told why they cannot listen.

    Where no input is open yet, it waits until one is: for a thread beside the music. Raises PrimeError
    where nothing comes in, or nothing but silence.
    """
    came = capture.listen(seconds) if capture is not None else np.zeros(0, np.float32)
    if came is None:
        return None
    came_at = int(capture.header["rate"][0]) if capture is not None else 0
    if not len(came) or not came_at:
        raise PrimeError("No sound comes in: connect something to the audio input, or name a file.")
    if np.abs(came).max() < _SILENT:
        raise PrimeError(
            "Only silence comes in: connect what plays to the audio input, or turn it up."
        )
    # Nothing is put behind it: its very end is what the network goes on from.
    resampler = Resampler(came_at, rate)
    parts = [resampler(came[begin : begin + _PART]) for begin in range(0, len(came), _PART)]
    return np.clip(np.concatenate(parts), -1.0, 1.0)


def primed(
    model: SoundModel, path: str, seconds: float, capture: SoundRing | None
) -> Snapshot | None:
    """Return the state after the end of a file, or of what came in where no path is given; see `listen`, `prime`.

    Raises ExtempoError for a file that cannot be read.
    """
    if path:
        return prime(model, file.read(Path(path), seconds, model.rate))
    sound = listen(capture, seconds, model.rate)
    return None if sound is None else prime(model, sound)


def prime(model: SoundModel, sound: Sound) -> Snapshot:
    """Return the state after hearing sound at the model's rate.

    It may take its time; any thread may call it, beside the music. Raises PrimeError for less than a block
    of sound, and where the model cannot listen.
    """
    if PRIME not in model.abilities:
        raise PrimeError("This network cannot go on from other sound: load one that can.")
    if len(sound) < model.block:
        raise PrimeError("There is too little sound to go on from: give it a tenth of a second.")
    stream = model.open(0)
    stream.prime(sound)
    return stream.snapshot()
