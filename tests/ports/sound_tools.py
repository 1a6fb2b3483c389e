"""Sound for tests: a player that writes a sine as an engine does, and what is heard of it."""

import threading
import time
from collections.abc import Callable

import numpy as np

from live.ipc.soundring import SoundRing
from live.ports.jack_client import leave
from tests.system_tools import wait_for

RATE = 48000
PITCH = 440.0


def sine(begin: int, count: int, rate: int = RATE, pitch: float = PITCH) -> np.ndarray:
    """Return `count` frames of a sine from frame `begin` on, float32 at half of full scale."""
    angle = 2 * np.pi * pitch * np.arange(begin, begin + count) / rate
    return (0.5 * np.sin(angle)).astype(np.float32)


def sharpest(sound: np.ndarray) -> float:
    """Return the sharpest bend of one channel: its largest second difference."""
    return float(np.abs(np.diff(sound.astype(np.float64), 2)).max())


SMOOTH = 1.5 * sharpest(sine(0, RATE))
"""No bend of this sine, or of its fades, is sharper; every click is."""


def pitch_of(sound: np.ndarray, rate: int = RATE) -> float:
    """Return the strongest frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(spectrum.argmax() * rate / len(sound))


_NOISE = np.random.default_rng(1).uniform(-0.3, 0.3, 7 * RATE).astype(np.float32)


def noise(begin: int, count: int, _rate: int = RATE) -> np.ndarray:
    """Return `count` frames of noise that is the same again after seconds only."""
    return _NOISE[np.arange(begin, begin + count) % len(_NOISE)]


class Player:
    """Writes sound into a ring from a thread, half a second ahead of what plays it."""

    def __init__(
        self, ring: SoundRing, sound: Callable[[int, int, int], np.ndarray] = sine
    ) -> None:
        self.ring = ring
        self.sound = sound
        self._over = threading.Event()
        ring.header["gain"] = 1.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        at, ring = 0, self.ring
        # A test that fails closes the ring first.
        while not self._over.is_set() and "header" in vars(ring):
            rate = int(ring.header["rate"][0])
            if rate:
                while ring.waiting() < RATE // 2:
                    ring.write(self.sound(at, 256, rate))
                    at += 256
                ring.header["sounding"] = 1
            time.sleep(0.002)

    def close(self) -> None:
        self._over.set()
        self._thread.join()


class JackRecorder:
    """A foreign JACK client: records the ports that it is given, and plays a sine to another."""

    def __init__(
        self, *sources: str, plays: str = "", name: str = "recorder", pitch: float = PITCH
    ) -> None:
        import jack

        self.client = jack.Client(name, no_start_server=True)
        self._ins = [self.client.inports.register(f"in_{one}") for one in (1, 2)]
        self._out = self.client.outports.register("out")
        self._blocks: list[list[np.ndarray]] = [[], []]
        self._at = 0
        self._pitch = pitch
        self.xruns = 0
        self.client.set_process_callback(self._process)
        self.client.set_xrun_callback(self._xrun)
        self.client.activate()
        self.hear(*sources)
        if plays:
            self.sing_to(plays)

    def sing_to(self, port: str) -> None:
        """Play the sine to a port."""
        self.client.connect(self._out, port)

    def hear(self, *sources: str) -> None:
        """Listen to these ports."""
        self._count = len(sources)
        for source, port in zip(sources, self._ins, strict=False):
            self.client.connect(source, port)

    def record(self, seconds: float) -> list[np.ndarray]:
        """Return what came within so long."""
        begin = len(self._blocks[0])
        time.sleep(seconds)
        return [np.concatenate(blocks[begin:]) for blocks in self._blocks[: self._count]]

    def record_whole(self, ring: SoundRing, seconds: float) -> list[np.ndarray]:
        """Return what came within so long, once the player of the ring was not late meanwhile.

        On a machine with other things to do it may be.
        """

        def whole() -> list[np.ndarray]:
            late = int(ring.header["late"][0])
            sound = self.record(seconds)
            return sound if int(ring.header["late"][0]) == late and sound[0][0] else []

        found: list[np.ndarray] = wait_for(whole, 30, "a player that is in time")
        return found

    def close(self) -> None:
        """Leave JACK."""
        leave(self.client)

    def _xrun(self, _: float) -> None:
        self.xruns += 1

    def _process(self, frames: int) -> None:
        for port, blocks in zip(self._ins, self._blocks, strict=True):
            blocks.append(port.get_array().copy())
        self._out.get_array()[:] = sine(self._at, frames, pitch=self._pitch)
        self._at += frames
