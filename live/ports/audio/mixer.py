"""All voices of sound as one stereo stream, for whoever asks for the next frames in time."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ipc.soundring import Blocks, SoundRing
from live.ports.audio import code, layout
from live.ports.audio.clock import clock
from live.ports.audio.layout import LOOKAHEAD, MIXER, TAP_FRAMES, VOICE

Block = NDArray[np.float32]

_OPENING: Final = 0.025
"""Seconds until the fade of everything and what waits in the limiter are over."""


class Mixer:
    """The mix and its memory; made before anything plays, for it may compile.

    rings: the blocks of each voice, mono or stereo, of FRAMES. capture: where what comes in goes. One
    driver at a time asks for frames: JACK's callback, a device's or a thread. Threads: mix() on the
    driver's, the rest on one.
    """

    def __init__(self, rings: Sequence[Blocks], capture: SoundRing | None = None) -> None:
        self._rings = rings
        self._capture = capture
        self._state: NDArray[Any] = np.zeros(1, MIXER)
        self._voices: NDArray[Any] = np.zeros(max(len(rings), 1), VOICE)
        self.tap: Block = np.zeros((TAP_FRAMES, 2), np.float32)
        self.address = int(self._state.ctypes.data)
        self._drivers = 0
        for voice, ring in zip(self._voices, rings, strict=False):
            voice["header"], voice["frames"] = ring.header.ctypes.data, ring.frames.ctypes.data
            voice["channels"] = ring.frames.size // len(ring.frames)
        state = self._state
        state["voices"], state["count"] = self._voices.ctypes.data, len(rings)
        state["tap"] = self.tap.ctypes.data
        layout.begin(state)
        if capture is not None:
            state["capture"], state["captured"] = (
                capture.header.ctypes.data,
                capture.frames.ctypes.data,
            )
            state["capture_length"] = len(capture.frames)
            # One that was killed may have left it.
            self.refuse(False)
        self._set_clock()

    def _set_clock(self) -> None:
        state = self._state
        found = int(state["clock_found"].ctypes.data)
        ours = clock(found)
        state["clock"], state["clock_units"] = ours.address, ours.units
        state["clock_first"], state["clock_second"] = ours.first, ours.second
        state["clock_zero"] = time.monotonic() - code.clock(self.address)

    def begin(self, rate: int, period: int, *, soft: bool = True) -> int:
        """Let in a new driver, which takes `period` frames at a time at `rate`; return its number.

        The one before is shut out; whoever owns it has waited until it is not inside any more.
        What was made for another rate is dropped. soft: begin with a fade.
        """
        code.take_over(self.address, 0)
        state = self._state
        if int(state["rate"][0]) != rate:
            for voice, ring in zip(self._voices, self._rings, strict=False):
                ring.header["read"] = ring.header["written"]
                voice["begun"] = 0
        state["rate"], state["expected"] = rate, 0.0
        state["open"] = 1
        if soft:
            state["swell"] = 0.0
        for ring in self._rings:
            ring.header["period"], ring.header["rate"] = period, rate
        self._drivers += 1
        code.take_over(self.address, self._drivers)
        return self._drivers

    def mix(self, out: Block) -> None:
        """Write the next frames of all voices, float32 [frames, 2]. Never waits, never allocates."""
        left = int(out.ctypes.data)
        code.mix(self.address, left, left + 4, 2, len(out), time.monotonic())

    def fade_out(self) -> None:
        """Fade everything to silence, and wait until it is."""
        self._state["open"] = 0
        time.sleep(_OPENING + 2.0 * self.period)

    def shut(self) -> None:
        """Shut out the driver, and mark the voices as unheard."""
        code.take_over(self.address, 0)
        for ring in self._inward():
            ring.header["rate"] = 0

    def deaf(self) -> None:
        """Say that nothing comes in any more."""
        if self._capture is not None:
            self._capture.header["rate"] = 0

    def refuse(self, on: bool) -> None:
        """Say whether nothing can come in that the engine listens to; the player was told why."""
        if self._capture is not None:
            self._capture.header["refused"] = int(on)

    @property
    def listened(self) -> bool:
        """Whether the engine listens to what comes in."""
        return self._capture is not None and bool(self._capture.header["sounding"][0])

    def _inward(self) -> list[Blocks]:
        return [*self._rings, *((self._capture,) if self._capture else ())]

    @property
    def rate(self) -> int:
        """Frames a second."""
        return int(self._state["rate"][0])

    @property
    def period(self) -> float:
        """Seconds between two times that the driver asks."""
        header = self._rings[0].header if self._rings else None
        return float(header["period"][0] / self.rate) if header is not None and self.rate else 0.0

    @property
    def periods(self) -> int:
        """How often frames were asked for."""
        return int(self._state["periods"][0])

    @property
    def peak(self) -> float:
        """The loudest sample of the last period."""
        return float(self._state["peak"][0])

    @property
    def tapped(self) -> int:
        """How many frames were ever written to the tap."""
        return int(self._state["tapped"][0])


class Tap:
    """Reads the mix along, as a file or a client does. Threads: one."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self.place = mixer.tapped
        self.missed = 0

    @property
    def waiting(self) -> int:
        """How many frames are there."""
        return self._mixer.tapped - self.place

    def read(self, most: int) -> Block:
        """Return the next frames, float32 [frames, 2]; what was overwritten is counted in `missed`."""
        tapped = self._mixer.tapped
        begin = max(self.place, tapped - TAP_FRAMES * 3 // 4)
        self.missed += begin - self.place
        self.place = min(tapped, begin + most)
        return self._mixer.tap[np.arange(begin, self.place) % TAP_FRAMES]


def limited(blocks: Iterable[NDArray[np.float32]], rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield sound without a stage as the stage would let it through: [frames, 2], as many, in time.

    It is open from the first frame on. Threads: any one.
    """
    state: NDArray[Any] = np.zeros(1, MIXER)
    layout.begin(state)
    state["rate"], state["open"], state["swell"] = rate, 1, 1.0
    # What is heard so much later on a stage is moved to where it belongs.
    early = LOOKAHEAD - 1
    for block in chain(blocks, [np.zeros((early, 2), np.float32)]):
        left, right = (np.array(side, np.float64) for side in block.T)
        code.limit(int(state.ctypes.data), len(block), left.ctypes.data, right.ctypes.data)
        made = np.stack((left, right), axis=1)[early:].astype(np.float32)
        early = max(early - len(block), 0)
        yield made
