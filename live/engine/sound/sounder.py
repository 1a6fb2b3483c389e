"""Keeps a voice of sound ahead of what plays it: the thread between the voice and its ring.

How far ahead: from one look of the callback at the ring to the next, one period more for a machine
that is busy, and the block that is being made. That is the voice's latency, and no more is added:
a block is made when it is wanted, by the time at which the ring says its frames are heard.
"""

import math
from threading import Event, Thread
from time import monotonic, perf_counter, sleep

import numpy as np

from live.engine.sound.generator import SoundGenerator
from live.engine.sound.orders import Order, Rest
from live.engine.sound.resampler import Resampler
from live.ipc import pulse
from live.ipc.news import Sounding
from live.ipc.soundring import SoundRing
from live.machine import realtime

BLOCK = 0.004
"""Seconds that a block lasts at least: shorter ones spend their time between Python and the network."""
SPARE = 0.004
"""Seconds that are held ready for a machine that is busy, at least; a period where that is longer."""
PRIORITY = 49
"""The priority: below the thread that draws the notes, so that an answer never waits for sound."""
LOOK = 0.05
"""Seconds between looks of a voice that rests."""
END = 1.0
"""Seconds that the thread has to end."""
LAST = 4
"""The most blocks made at the end: more than a fade needs."""
_FORGET = 1e-6
"""Seconds by which the callback's time is trusted less with each block."""


class Sounder:
    """One voice's thread; it begins with `start`.

    depth: seconds between drawing a sample and hearing it. Threads: `ask` from any; the others the
    engine's main.
    """

    def __init__(self, voice: SoundGenerator, ring: SoundRing) -> None:
        self.voice = voice
        self.depth = 0.0
        self._ring = ring
        self._thread = Thread(target=self._run, name=f"sound {voice.number}", daemon=True)
        self._called = Event()
        self._closing = False
        self._resampler = Resampler(voice.rate, voice.rate)
        self._rate = self._period = 0
        self._frames = self._cushion = 0
        """Frames of keys in a block, and frames of sound that are held ready."""
        self._filled = False
        self._early = -math.inf
        """Seconds between the callback's look at a frame and that frame's being heard."""
        self._seen = self._count_late()
        """The ring's late periods so far; of these, those that were late though all was as it is."""
        self._late = 0
        self._worked = self._lasted = 0.0

    def start(self) -> None:
        """Begin to play."""
        self._thread.start()

    def ask(self, at: float, order: Order) -> None:
        """Have the voice do something in the next frame that it makes."""
        self.voice.ask(at, order)
        self._called.set()

    def level(self, gain: float, pan: float) -> None:
        """Set the voice's loudness, linear, and where it stands, -1 to 1; what plays it smooths both."""
        self._ring.header["gain"], self._ring.header["pan"] = gain, pan

    def close(self) -> None:
        """Fade out and end."""
        self._closing = True
        self._called.set()
        if self._thread.ident is not None:
            self._thread.join(END)

    def sounding(self) -> Sounding:
        """Return how the voice has done since this was last asked. RuntimeError if its thread has died."""
        if self._thread.ident is not None and not self._thread.is_alive():
            raise RuntimeError(f"the thread of voice {self.voice.number} has died")
        worked, lasted = self._worked, self._lasted
        self._worked = self._lasted = 0.0
        share = worked / lasted if lasted else 0.0
        model, late = self.voice.instrument.model, self._late + self.voice.late
        depth = self.depth + model.latency / model.rate
        return Sounding(voice=self.voice.number, share=share, late=late, depth=depth)

    def _count_late(self) -> int:
        return int(self._ring.header["late"][0])

    def _run(self) -> None:
        realtime.attend(PRIORITY)
        what = f"the sound of voice {self.voice.number}"
        beat = pulse.begin(what)
        while not self._closing:
            beat()
            # Before the period: what was late because that has changed is seen with the change.
            late = self._count_late()
            rate, period = (int(self._ring.header[name][0]) for name in ("rate", "period"))
            if not rate or not period or self.voice.silent:
                self._rest()
            elif (rate, period) != (self._rate, self._period):
                self._open(rate, period)
            elif not self._filled:
                self._fill()
            elif late != self._seen:
                self._make_up()
            elif (wait := self._wait()) > 0:
                sleep(min(wait, LOOK))
            else:
                self._play()
        pulse.end(what)
        self._end()

    def _open(self, rate: int, period: int) -> None:
        """Go on for something else that plays, at its rate."""
        self._rate, self._period = rate, period
        self._early = -math.inf
        self._fill()

    def _make_up(self) -> None:
        """Begin anew after a gap, and count what was too late by then."""
        seen = self._seen
        self._fill()
        self._late += self._seen - seen

    def _convert(self) -> None:
        """Make ready for the rates as they are now."""
        voice, rate = self.voice, self._rate
        self._resampler = Resampler(voice.rate, rate)
        self._frames = math.ceil(BLOCK * voice.rate / voice.block)
        block = math.ceil(self._frames * voice.block * rate / voice.rate)
        self._cushion = self._period + max(self._period, math.ceil(SPARE * rate)) + block

    def _fill(self) -> None:
        """Begin with silence for as long as blocks are made ahead, at the start and after a gap.

        What the ring counted as late meanwhile was nobody's fault: another engine was killed in the
        middle, or what plays takes more at a time than was held ready for it.
        """
        if self._ring.waiting() and self._filled:
            self._let_die()
        self._convert()
        self._ring.write(np.zeros(max(self._cushion - self._ring.waiting(), 0), np.float32))
        self._ring.header["sounding"] = 1
        self._seen = self._count_late()
        self._filled = True
        self.voice.fade()

    def _let_die(self) -> None:
        """Go on from what waits, down to silence: a step from sound to nothing is a click."""
        block = self.voice.render(self._frames, self._next_heard())
        falling = np.cos(np.linspace(0, np.pi / 2, len(block), dtype=np.float32)) ** 2
        resampler = self._resampler
        self._ring.write(np.concatenate((resampler(block * falling), resampler.rest())))

    def _rest(self) -> None:
        """Make nothing while the voice rests."""
        if self._filled:
            self._ring.write(self._resampler.rest())
            self._ring.header["sounding"] = 0
            self._filled = False
        self.voice.idle(monotonic())
        self._called.wait(LOOK)
        self._called.clear()

    def _wait(self) -> float:
        """Return how many seconds from now the next block is wanted."""
        ring, now = self._ring, monotonic()
        if ring.waiting() > self._cushion + self._period:
            # What plays has stopped without a word.
            return self._period / self._rate
        looked = float(ring.header["heard_at"][0]) - now
        self._early = max(self._early - _FORGET, looked)
        self.depth = self._early + self._cushion / self._rate + self._resampler.delay
        heard = ring.time_of(int(ring.header["written"][0]))
        return heard - self._early - self._cushion / self._rate - now

    def _next_heard(self) -> float:
        """Return when the next sample that is made is heard."""
        return self._ring.time_of(int(self._ring.header["written"][0])) + self._resampler.delay

    def _play(self) -> None:
        """Make a block."""
        voice, resampler = self.voice, self._resampler
        began = perf_counter()
        block = voice.render(self._frames, self._next_heard())
        self._worked += perf_counter() - began
        self._lasted += len(block) / resampler.rate
        frames = resampler(block)
        if voice.rate != resampler.rate:
            frames = np.concatenate((frames, resampler.rest()))
            self._convert()
        self._ring.write(frames)

    def _end(self) -> None:
        """Make the last blocks, down to silence."""
        if self._filled:
            self.voice.ask(-math.inf, Rest(on=True))
            for _ in range(LAST):
                if not self.voice.silent:
                    self._play()
            self._ring.write(self._resampler.rest())
        # What was asked last: a slot may have been saved.
        self.voice.idle(monotonic())
        self._ring.header["ended"] = 1
