"""The built-in synth: a soundfont, played through the system's sound device."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from live.ipc import pulse
from live.ipc.pulse import Stillness
from live.machine.quiet import quiet
from live.ports import native
from live.ports.native import PortError
from models.contract import files
from models.midi.messages import DRUMS, SUSTAIN, Message, NoteOff, NoteOn, Sustain

PIANO: Final = Path(__file__).parent.parent / "sounds" / "piano.sf2"
RATE: Final = 48000

_PERIOD_MS: Final = 10
_LEVEL: Final = 2.5
"""Makes a chord as loud as other programs, and leaves the limiter room."""
_CEILING: Final = 0.9
_RECOVER: Final = 0.02
"""How much of the way back to full level the limiter goes in a block."""
_STEADY: Final = 0.02
_LOST: Final = 0.05
STALLED: Final = 2.0
"""Seconds without being asked for sound after which a device counts as gone."""
_LOOK: Final = 0.25
_RETRY: Final = 1.0
_PATIENCE: Final = 0.5
_SLOWLY: Final = 20.0
"""Seconds that a sound system may take to open or to close a device."""
_MOST: Final = 2 << 30
"""Bytes of a soundfont that is read; all of it is kept in memory."""
_SILENT: Final = "Discard all samples"
"""ALSA's name for nowhere."""

Block = npt.NDArray[np.float32]


class SoundfontError(PortError):
    """A soundfont that is missing or broken."""

    status = 2


class Synth:
    """Renders MIDI messages as sound, each at its sample. Needs no device.

    gain: 1 is a usual level. Raises SoundfontError for a soundfont that is missing or
    broken. Threads: put() from any, the rest from one.
    """

    def __init__(self, soundfont: Path | None = None, gain: float = 1.0, rate: int = RATE) -> None:
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
        self._rate = rate
        self._gain = gain * _LEVEL
        self._level = 1.0
        self._events: deque[tuple[float, Message]] = deque()
        self.resting = False

    def put(self, at: float, message: Message) -> None:
        """Have a message sound at a time; in order of time."""
        self._events.append((at, message))

    def render(self, begin: float, frames: int) -> Block:
        """Return the next frames, stereo, float32 [frames, 2] within -1 and 1; they are heard from `begin`."""
        block = np.zeros((frames, 2), np.float32)
        whole = block.data.cast("B")
        done = 0
        end = begin + frames / self._rate
        while self._events and self._events[0][0] < end:
            at, message = self._events.popleft()
            sample = min(max(round((at - begin) * self._rate), done), frames)
            if sample > done:
                self._synth.generate_simple(sample - done, whole[done * 8 : sample * 8])
                done = sample
            self._play(message)
        if frames > done:
            self._synth.generate_simple(frames - done, whole[done * 8 :])
        return self._limit(block)

    def _play(self, message: Message) -> None:
        match message:
            case NoteOn(channel=channel, pitch=pitch, velocity=velocity):
                if not self.resting:
                    self._synth.noteon(channel - 1, pitch, velocity)
            case NoteOff(channel=channel, pitch=pitch):
                self._synth.noteoff(channel - 1, pitch)
            case Sustain(channel=channel, value=value):
                self._synth.control_change(channel - 1, SUSTAIN, value)

    def _limit(self, block: Block) -> Block:
        block *= self._gain
        peak = float(np.max(np.abs(block), initial=0.0))
        before = self._level
        allowed = min(1.0, _CEILING / peak) if peak else 1.0
        self._level = min(allowed, before + (1.0 - before) * _RECOVER)
        if before < 1.0 or self._level < 1.0:
            block *= np.linspace(before, self._level, len(block), dtype=np.float32)[:, None]
            np.clip(block, -1.0, 1.0, out=block)
        return block


class SynthOutput:
    """The synth on the system's sound device; notes are heard one block after their time.

    A device that asks for no more sound has gone, with its JACK server or its plug: then the next
    one that there is gets it. tell: takes a sentence for the performer, on any thread.
    Raises PortError where there is no sound device. Threads: the device has its own.
    """

    aside = True

    def __init__(
        self,
        soundfont: Path | None = None,
        gain: float = 1.0,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._synth = Synth(soundfont, gain)
        self._tell = tell
        self._over = threading.Event()
        self._asked = 0.0
        """When sound was asked for at last."""
        self._device: Any = None
        self._open()
        self._watcher = threading.Thread(target=self._run, name="synth watch", daemon=True)
        self._watcher.start()

    @property
    def backend(self) -> str:
        """The sound system that it plays through."""
        return str(self._device.backend) if self._device is not None else "none"

    def send(self, at: float, message: Message) -> None:
        """Have a message sound."""
        self._synth.put(at, message)

    def rest(self, resting: bool) -> None:
        """Play no new notes while something else plays them."""
        self._synth.resting = resting

    def close(self) -> None:
        """Let what sounds die away, and free the device."""
        self._over.set()
        self._watcher.join(_PATIENCE)
        if self._device is not None:
            time.sleep(0.25)
            self._device.close()

    def _open(self) -> None:
        with quiet():
            device = _open_device()
            blocks = self._blocks(device)
            next(blocks)
            self._asked = time.monotonic()
            self._device = device
            device.start(blocks)

    def _blocks(self, device: Any) -> Generator[Block, int, None]:
        begin = 0.0
        frames = yield np.zeros((0, 2), np.float32)
        while device is self._device:
            self._asked = time.monotonic()
            length = frames / RATE
            error = self._asked - length - begin
            # The device asks in bursts; its mean is what the notes are placed by.
            begin += error if abs(error) > _LOST else _STEADY * error
            block = self._synth.render(begin, frames)
            begin += length
            frames = yield block

    def _run(self) -> None:
        pulse.again("the watch over the synth", self._watch, self._tell)
        pulse.end("the watch over the synth")

    def _watch(self) -> None:
        self._beat = pulse.begin("the watch over the synth", vital=False)
        still = Stillness()
        while not self._over.wait(_LOOK):
            self._beat()
            if self._stopped() or still.seconds(self._asked) > STALLED:
                self._lose()
                still = Stillness()

    def _stopped(self) -> bool:
        library = native.miniaudio().lib
        return self._device is None or not library.ma_device_is_started(self._device._device)

    def _lose(self) -> None:
        if self._device is not None:
            self._tell(
                "The built-in synth's sound device has stopped: it is heard again as soon as there is one."
            )
            # One that is gone may take its time.
            threading.Thread(target=self._device.close, name="synth-close", daemon=True).start()
            self._device = None
        while not self._over.wait(_RETRY):
            self._beat(_SLOWLY)
            with suppress(PortError):
                self._open()
                self._tell(f"The built-in synth is heard again ({self.backend}).")
                return


def backends(module: Any) -> list[Any]:
    """Return miniaudio's sound systems that can be heard."""
    silent = (module.Backend.NULL, module.Backend.CUSTOM)
    return [backend for backend in module.Backend if backend not in silent]


def playbacks(module: Any, backend: Any) -> list[dict[str, Any]]:
    """Return the devices of a sound system that can be heard; none where it does not run."""
    try:
        found = module.Devices(backends=[backend]).get_playbacks()
    except module.MiniaudioError:
        return []
    return [device for device in found if _SILENT not in device["name"]]


def _open_device() -> Any:
    module = native.miniaudio()
    # Offered all at once, it settles for the first that is installed, with a device or without;
    # and a system's default device may be one that has no output.
    for backend in backends(module):
        for device in (None, *(found["id"] for found in playbacks(module, backend))):
            try:
                return module.PlaybackDevice(
                    output_format=module.SampleFormat.FLOAT32,
                    nchannels=2,
                    sample_rate=RATE,
                    buffersize_msec=_PERIOD_MS,
                    device_id=device,
                    backends=[backend],
                    app_name="extempo synth",
                )
            except module.MiniaudioError:
                continue
    raise PortError("There is no sound device: plug one in, or play to MIDI with --out.")
