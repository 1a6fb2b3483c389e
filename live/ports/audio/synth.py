"""The built-in synth: a soundfont, played as a voice of the mix."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ipc import pulse
from live.ipc.soundring import FRAMES, Blocks
from live.ports import native
from live.ports.audio.layout import LOOKAHEAD
from live.ports.native import PortError
from models.contract import files
from models.midi.messages import DRUMS, SUSTAIN, Message, NoteOff, NoteOn, Sustain

PIANO: Final = Path(__file__).parents[2] / "sounds" / "piano.sf2"
RATE: Final = 48000

_LEVEL: Final = 2.5
"""The gain that makes a chord as loud as in other programs, and leaves the limiter room."""
_SPARE: Final = 0.002
"""Seconds before a period is asked for at which it is made: this thread may wake late."""
_MOST_PERIODS: Final = 2
"""How many periods earlier still, where the device asks for several at once."""
_STILL: Final = 0.1
"""Seconds after which a mix that asks for nothing is no clock to go by."""
_LOOK: Final = 0.02
_DYING: Final = 0.25
"""Seconds in which what sounds dies away at the end."""
_PATIENCE: Final = 0.5
_MOST: Final = 2 << 30
"""Bytes of a soundfont that is read; all of it is kept in memory."""
_WHAT: Final = "the built-in synth"
_KITS: Final = 128
"""The bank in which soundfonts have their drums."""
_DRUMLESS: Final = (
    "Drums sound as a piano: the built-in synth's soundfont has none. Name one that has with --soundfont (such as "
    "Debian's /usr/share/sounds/sf2/TimGM6mb.sf2), or send the notes to another synth with --out."
)

Block = NDArray[np.float32]


class SoundfontError(PortError):
    """A soundfont that is missing or broken."""

    status = 2


class Synth:
    """Renders MIDI messages as sound, each at its sample.

    drums: whether the soundfont has a drum kit; where it has none, its first instrument plays them. Raises
    SoundfontError for a soundfont that is missing or broken. Threads: put() from any, the rest from one.
    """

    def __init__(self, soundfont: Path | None = None, rate: int = RATE) -> None:
        path = soundfont or PIANO
        try:
            data = files.read(path, _MOST)
        except files.FileError as error:
            raise SoundfontError(f"{error} Name a soundfont with --soundfont.") from error
        module = native.tinysoundfont()
        self._synth: Any = module.Synth(samplerate=rate)
        try:
            font = self._synth.sfload(data)
        except (OSError, RuntimeError) as error:
            raise SoundfontError(f"{path} is no soundfont (SF2) that can be played.") from error
        for channel in range(16):
            self._synth.program_select(channel, font, 0, 0, is_drums=channel + 1 == DRUMS)
        self._font = self._synth.soundfonts[font]
        self.drums = self._synth.sfpreset_name(font, _KITS, 0) is not None
        self._stereo = module.synth._tinysoundfont.OutputMode.StereoInterleaved
        self.rate = rate
        self._events: deque[tuple[float, Message]] = deque()
        self.resting = False

    def put(self, at: float, message: Message) -> None:
        """Have a message sound at a time; in order of time."""
        self._events.append((at, message))

    def play_at(self, rate: int) -> None:
        """Render at another rate from now on; what sounds ends."""
        self._synth.sounds_off()
        self._font.set_output(self._stereo, rate, 0.0)
        self.rate = rate

    def render(self, begin: float, frames: int) -> Block:
        """Return the next frames, stereo, float32 [frames, 2]; the first has the messages of `begin`."""
        block = np.zeros((frames, 2), np.float32)
        whole = block.data.cast("B")
        done = 0
        end = begin + frames / self.rate
        while self._events and self._events[0][0] < end:
            at, message = self._events.popleft()
            sample = min(max(round((at - begin) * self.rate), done), frames)
            if sample > done:
                self._synth.generate_simple(sample - done, whole[done * 8 : sample * 8])
                done = sample
            self._play(message)
        if frames > done:
            self._synth.generate_simple(frames - done, whole[done * 8 :])
        return block

    def _play(self, message: Message) -> None:
        match message:
            case NoteOn(channel=channel, pitch=pitch, velocity=velocity):
                if not self.resting:
                    self._synth.noteon(channel - 1, pitch, velocity)
            case NoteOff(channel=channel, pitch=pitch):
                self._synth.noteoff(channel - 1, pitch)
            case Sustain(channel=channel, value=value):
                self._synth.control_change(channel - 1, SUSTAIN, value)


class SynthVoice:
    """The synth as one voice of the mix, and as an output of notes.

    A note is heard one period of the mix and `spare` seconds after its time; where the machine or the
    device cannot keep to that, spare grows, by two periods at most. gain: 1 is a usual level. For errors see
    Synth. Threads: one of its own from start() to close(); send() and rest() from any.
    """

    aside = True

    def __init__(self, soundfont: Path | None = None, gain: float = 1.0) -> None:
        self._synth = Synth(soundfont)
        self._drumless = not self._synth.drums
        self.blocks = Blocks(np.zeros((FRAMES, 2), np.float32))
        # In the middle of the mix each side has the square root of a half.
        self.blocks.header["gain"] = gain * _LEVEL * math.sqrt(2.0)
        self.spare = _SPARE
        self._late = self._missing = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="synth", daemon=True)
        self._tell: Callable[[str], None] = lambda text: None

    def start(self, tell: Callable[[str], None]) -> None:
        """Begin to play. tell: takes a sentence for the player, on any thread."""
        self._tell = tell
        self._thread.start()

    def send(self, at: float, message: Message) -> None:
        """Have a message sound; that drums cannot be heard as such is told once."""
        self._synth.put(at, message)
        if not self._drumless or self._synth.resting:
            return
        if isinstance(message, NoteOn) and message.channel == DRUMS:
            self._drumless = False
            self._tell(_DRUMLESS)

    def rest(self, resting: bool) -> None:
        """Play no new notes while something else plays them."""
        self._synth.resting = resting

    def close(self) -> None:
        """Let what sounds die away, and end."""
        if self._thread.ident is not None:
            self._over.wait(_DYING)
            self._over.set()
            self._thread.join(_PATIENCE)
        self.blocks.header["sounding"] = 0

    def _run(self) -> None:
        pulse.again(_WHAT, self._work, self._tell)
        pulse.end(_WHAT)

    def _work(self) -> None:
        beat = pulse.begin(_WHAT, vital=False)
        header = self.blocks.header
        while not self._over.is_set():
            beat()
            rate, period = int(header["rate"][0]), int(header["period"][0])
            if not rate or not period:
                self._over.wait(_LOOK)
                continue
            if rate != self._synth.rate:
                self._synth.play_at(rate)
            self._make_up(rate, period)
            wait = self._make(rate, period)
            if wait > 0:
                self._over.wait(min(wait, _LOOK))

    def _make_up(self, rate: int, period: int) -> None:
        """Be earlier by as much as was missing since the last look, a period at most."""
        header = self.blocks.header
        late, missing = int(header["late"][0]), int(header["missing"][0])
        if late != self._late:
            more = min(missing - self._missing, period) / rate
            self.spare = min(self.spare + more, _SPARE + _MOST_PERIODS * period / rate)
        self._late, self._missing = late, missing

    def _make(self, rate: int, period: int) -> float:
        """Make the next period if it is time; else return in how many seconds that is."""
        blocks, now = self.blocks, time.monotonic()
        waiting = blocks.waiting()
        # What is there of a period that has to be whole when it is asked for.
        there = waiting % period
        # When the mix comes to the first frame that is not made.
        at = blocks.time_of(int(blocks.header["written"][0])) - (LOOKAHEAD - 1) / rate
        if not abs(at - now) < _STILL + (waiting + period) / rate:
            # It asks for nothing, as yet or for a while.
            if waiting >= period:
                return _LOOK
            at = now
        if (wait := at - there / rate - self.spare - now) > 0:
            return wait
        blocks.write(self._synth.render(at - period / rate - self.spare, period - there))
        blocks.header["sounding"] = 1
        return 0.0
