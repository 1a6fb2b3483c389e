"""Voices of sound offline: their orders are rendered afterwards, as fast as possible."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from live.engine.sound.generator import FADE, SoundGenerator
from live.engine.sound.orders import Order, Rest
from live.engine.sound.resampler import Resampler
from live.ipc.news import Sounding
from live.runtime.sound.stream import KEYS
from models.contract.samples import Sound

CHUNK = 1.0
"""Seconds that are rendered at a time."""
RING_OUT = 2.0
"""Seconds that keys have to die away after the end."""

Stereo = NDArray[np.float32]
"""Frames of left and right, (frames, 2)."""


class Track:
    """One voice's sound, to be rendered when all that it is asked is known. Threads: one.

    depth: nothing is ever late here.
    """

    depth = 0.0

    def __init__(self, voice: SoundGenerator) -> None:
        self.voice = voice
        self._sides = np.ones(2, np.float32)
        self._at = 0.0
        self._ready: Sound = np.zeros(0, np.float32)
        self._resampler: Resampler | None = None

    def ask(self, at: float, order: Order) -> None:
        """Have something done in the first frame that is heard at or after `at`."""
        self.voice.ask(at, order)

    def level(self, gain: float, pan: float) -> None:
        """Set loudness and place, of the whole rendering: the last that is asked for counts."""
        angle = (pan + 1) * math.pi / 4
        self._sides[:] = gain * math.cos(angle), gain * math.sin(angle)

    def sounding(self) -> Sounding:
        """Nothing plays in real time here."""
        return Sounding(voice=self.voice.number, share=0.0, late=0, depth=0.0)

    def take(self, count: int, rate: int) -> Stereo:
        """Return the next frames at a rate, the same every time."""
        while len(self._ready) < count:
            self._ready = np.concatenate((self._ready, self._render(rate)))
        taken, self._ready = self._ready[:count], self._ready[count:]
        stereo: Stereo = taken[:, None] * self._sides
        return stereo

    def _render(self, rate: int) -> Sound:
        voice = self.voice
        if self._resampler is None or self._resampler.rate != voice.rate:
            self._resampler = Resampler(voice.rate, rate)
        block = voice.render(math.ceil(CHUNK * voice.rate / voice.block), self._at)
        self._at += len(block) / self._resampler.rate
        made = self._resampler(block)
        if voice.rate != self._resampler.rate:
            made = np.concatenate((made, self._resampler.rest()))
        return made


def mix(tracks: Iterable[Track], seconds: float) -> tuple[int, Iterator[Stereo]]:
    """Return the rate, and the blocks of all tracks together: so long, and until the keys have died away.

    They end in silence, and are as loud as they come: nothing is limited yet.
    """
    tracks = list(tracks)
    rate = max(track.voice.rate for track in tracks)
    if any(KEYS in track.voice.instrument.model.abilities for track in tracks):
        seconds += RING_OUT
    for track in tracks:
        frame = track.voice.block / track.voice.rate
        track.ask(seconds - 2 * FADE - frame, Rest(on=True))
    return rate, _blocks(tracks, rate, round(seconds * rate))


def _blocks(tracks: list[Track], rate: int, frames: int) -> Iterator[Stereo]:
    chunk = round(CHUNK * rate)
    for begin in range(0, frames, chunk):
        count = min(chunk, frames - begin)
        together: Stereo = np.sum([track.take(count, rate) for track in tracks], axis=0)
        yield together
