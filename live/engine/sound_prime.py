"""Priming: a voice of sound listens to other sound, and goes on from there."""

import numpy as np

from live.engine.sound_resampler import Resampler
from live.runtime.sound import Snapshot, SoundModel
from live.soundring import SoundRing
from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, Sound, encode


class PrimeError(ExtempoError):
    """Sound that a voice cannot go on from."""


def captured(capture: SoundRing | None, seconds: float, rate: int) -> Sound:
    """Return the last of what came in, at a rate, mono; half a ring at most, some tenths of a second.

    That is more than networks of samples remember. Raises PrimeError where nothing comes in.
    """
    came_at = int(capture.header["rate"][0]) if capture is not None else 0
    if capture is None or not came_at:
        raise PrimeError("No sound comes in: connect something to the audio input, or name a file.")
    written = int(capture.header["written"][0])
    capture.header["read"] = max(written - round(seconds * came_at), 0)
    resampler = Resampler(came_at, rate)
    return np.concatenate((resampler(capture.take()), resampler.rest()))


def prime(model: SoundModel, sound: Sound) -> Snapshot:
    """Return the state after hearing sound at the model's rate, no key down.

    It takes a part of the sound's length; any thread may call it, beside the music. Raises PrimeError
    for less than a frame of sound.
    """
    frames = len(sound) // model.hop
    if not frames:
        raise PrimeError("There is too little sound to go on from: give it a tenth of a second.")
    stream = model.stream()
    codes = encode(sound[len(sound) - frames * model.hop :])
    keys = np.zeros((frames, FEATURES), np.float32)
    stream.feed(codes, keys)
    return stream.snapshot()
