"""Real components for tests: a foreign client on JACK, and waiting for what comes."""

import heapq
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from live.bench import jack_server as bench
from live.ports.jack_client import leave
from live.ports.jack_connections import ports
from models.midi.decoding import decode
from models.midi.messages import NoteOff, NoteOn

RATE = bench.RATE
jack_server = bench.server


def why_no_jack() -> str | None:
    """Return why JACK cannot be tested here, or None where it can."""
    if shutil.which("jackd") is None:
        return "jackd is not installed (package jackd2)"
    try:
        import jack  # noqa: F401
    except (ImportError, OSError):
        return "libjack is not installed"
    return None


def signal_server(name: str, number: int) -> None:
    """Send a signal to a JACK server that we started."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (place / "cmdline").read_bytes().startswith(f"jackd\0-n\0{name}\0".encode()):
                os.kill(int(place.name), number)


def kill_server(name: str) -> None:
    """End a JACK server that we started without a word, as a crash or a pulled plug does."""
    signal_server(name, signal.SIGKILL)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and wait until it is gone."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(found: Callable[[], Any], seconds: float = 5.0, what: str = "it") -> Any:
    """Return the first true value of `found`; raise TimeoutError, which names `what`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.01)
    raise TimeoutError(f"waited {seconds:g} s for {what}")


class ForeignClient:
    """Another program on JACK: plays MIDI at chosen frames, and notes the frame of what it gets.

    received: (frame, bytes), in order. played: (seconds, bytes). xruns: how often the server
    was late, after which it puts everything later.
    """

    def __init__(self, name: str = "foreign") -> None:
        import jack

        from live.ports.midi.frames import FrameClock

        self.client = jack.Client(name, no_start_server=True)
        self.received: list[tuple[int, bytes]] = []
        self.played: list[tuple[float, bytes]] = []
        self.clock = FrameClock(self.client.samplerate, self.client.blocksize)
        self.xruns = 0
        self._waiting: list[tuple[int, int, bytes]] = []
        self._out = self.client.midi_outports.register("out")
        self._in = self.client.midi_inports.register("in")
        self.client.set_process_callback(self._process)
        self.client.set_xrun_callback(self._xrun)
        self.client.activate()

    def connect(self, other: str, *, plays: bool = True, listens: bool = True) -> None:
        """Connect both ways to the ports `in` and `out` of another client, once it has them."""
        wanted = [f"{other}:{port}" for port, on in (("in", plays), ("out", listens)) if on]
        wait_for(lambda: {port.name for port in ports(self.client)}.issuperset(wanted))
        # A port exists a moment before its client is active.
        if plays:
            wait_for(lambda: self._connected(self._out, f"{other}:in"), what="a connection")
        if listens:
            wait_for(lambda: self._connected(f"{other}:out", self._in), what="a connection")

    def _connected(self, source: Any, target: Any) -> bool:
        import jack

        try:
            self.client.connect(source, target)
        except jack.JackErrorCode:
            return False
        return True

    def play(self, data: bytes, after: float = 0.02) -> int:
        """Play a message some seconds from now; return its frame."""
        return self.play_at(self.client.frame_time + round(after * RATE), data)

    def play_at(self, frame: int, data: bytes) -> int:
        """Play a message at a frame; return it."""
        heapq.heappush(self._waiting, (frame, len(self._waiting), data))
        return frame

    def notes(self) -> list[tuple[str, int]]:
        """Return ("on" or "off", pitch) of every note received."""
        heard = (decode(data) for _, data in self.received)
        return [
            ("on" if isinstance(note, NoteOn) else "off", note.pitch)
            for note in heard
            if isinstance(note, NoteOn | NoteOff)
        ]

    def wait_for(self, count: int, seconds: float = 5.0) -> list[tuple[int, bytes]]:
        """Return what was received, once it is so many messages."""
        wait_for(lambda: len(self.received) >= count, seconds, f"{count} MIDI messages")
        return self.received

    def close(self) -> None:
        """Leave JACK."""
        leave(self.client)

    def _xrun(self, _: float) -> None:
        self.xruns += 1

    def _process(self, frames: int) -> None:
        begin = self.client.last_frame_time
        self.clock.tick(time.monotonic(), begin)
        for offset, data in self._in.incoming_midi_events():
            self.received.append((begin + offset, bytes(data)))
        self._out.clear_buffer()
        while self._waiting and self._waiting[0][0] < begin + frames:
            frame, _, data = heapq.heappop(self._waiting)
            self._out.write_midi_event(max(frame - begin, 0), data)
            self.played.append((self.clock.time(max(frame, begin)), data))


def soundfont() -> Path:
    """Return the piano that ships."""
    from live.ports.audio.synth import PIANO

    return PIANO
