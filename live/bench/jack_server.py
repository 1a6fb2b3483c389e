"""A JACK server without hardware, and a foreign program on it: what the bench and the tests play to."""

import atexit
import heapq
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from live.bench.rows import BenchError
from live.ports import native
from live.ports.jack_client import leave
from live.ports.jack_connections import ports
from live.ports.native import PortError
from models.midi.decoding import decode
from models.midi.messages import NoteOff, NoteOn

RATE: Final = 48000
PERIOD: Final = 128
_READY: Final = 10.0
"""Seconds that a server or a client's ports may take to appear."""
_SOON: Final = 0.3
"""Seconds after joining in which the foreign program does nothing, while graphs settle."""
_HELD: Final = 0.04
"""Seconds that the foreign program holds a key."""
_GAP: Final = (0.08, 0.16)
"""Seconds between two notes that it plays, at random."""
_killed: Final[set[str]] = set()
"""Names of servers that were killed: JACK has room for eight names, and keeps one until a server of
that name ends well."""
PITCHES: Final = (40, 56)
"""From here up to there it plays, at random."""


class Heard(msgspec.Struct):
    """What the foreign program played and got, by JACK's frame.

    starts: when each cycle reached it, in monotonic seconds, and its first frame.
    xruns: how many JACK told of.
    """

    played: list[tuple[int, int]] = []
    """Frame and pitch of each note-on."""
    received: list[tuple[int, bytes]] = []
    starts: list[tuple[float, int]] = []
    xruns: int = 0

    def notes(self) -> list[tuple[int, int]]:
        """Return frame and pitch of each note-on that it got."""
        heard = ((frame, decode(data)) for frame, data in self.received)
        return [(frame, note.pitch) for frame, note in heard if isinstance(note, NoteOn)]


@contextmanager
def server(name: str = "", period: int = PERIOD, rate: int = RATE) -> Iterator[str]:
    """Run a JACK server, which this process and its children then use; its name, or one of its own.

    Raises BenchError where there is no JACK.
    """
    if shutil.which("jackd") is None:
        raise BenchError("jackd is not installed (package jackd2)")
    name = name or f"extempo-{os.getpid()}-{time.monotonic_ns() % 100000}"
    ours = {
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
    }
    before = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)
    try:
        with _started(name, period, rate):
            yield name
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


@contextmanager
def _started(name: str, period: int, rate: int) -> Iterator[None]:
    # Waiting for its clients (-S) it loses no MIDI, however busy the machine is.
    command = ["jackd", "-n", name, "-R", "-P70", "-S"]
    command += ["-d", "dummy", "-r", str(rate), "-p", str(period)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            wait_for(lambda: native.jack_answers() or process.poll() is not None, "JACK")
            if process.poll() is not None:
                log.seek(0)
                words = " ".join(log.read().decode(errors="replace").split())
                if "Too many servers" in words:
                    words += ". Servers that were killed count too: end all of JACK, and remove /dev/shm/jack*"
                raise BenchError(f"jackd does not start: {words}.")
            yield
        except PortError as error:
            raise BenchError(str(error)) from error
        finally:
            (_killed.add if _end(process) < 0 else _killed.discard)(name)


@atexit.register
def _free_names() -> None:
    """Free the server names that JACK still keeps."""
    for name in _killed:
        process = subprocess.Popen(
            ["jackd", "-n", name, "-d", "dummy"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(_SOON)
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> int:
    """End a server; return its status, which is negative for one that was killed."""
    process.terminate()
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def listen(peer: str, seconds: float) -> Heard:
    """Hear what `peer` plays, for so long from its first note. A process's work."""
    foreign = _Foreign(peer)
    wait_for(foreign.heard.notes, f"a note of {peer}")
    time.sleep(seconds)
    return foreign.leave()


def play(peer: str, seconds: float, seed: int = 0) -> Heard:
    """Play notes to `peer` for so long, at random frames, and hear what it answers. A process's work."""
    foreign = _Foreign(peer)
    chance = random.Random(seed)
    time.sleep(_SOON)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        foreign.note(chance.randrange(*PITCHES), chance.randrange(PERIOD))
        time.sleep(chance.uniform(*_GAP))
    time.sleep(_SOON)
    return foreign.leave()


def idle(seconds: float) -> Heard:
    """Note when each cycle comes, for so long, and do nothing else. A process's work."""
    heard = Heard()
    client = native.jack().Client("idle", no_start_server=True)

    def process(_: int) -> None:
        heard.starts.append((time.monotonic(), int(client.last_frame_time)))

    def xrun(_: float) -> None:
        heard.xruns += 1

    client.set_process_callback(process)
    client.set_xrun_callback(xrun)
    client.activate()
    time.sleep(seconds)
    leave(client)
    return heard


class _Foreign:
    """A JACK client that is connected both ways with the ports `in` and `out` of another.

    heard: what was played and received so far.
    """

    def __init__(self, peer: str) -> None:
        module = native.jack()
        self._client: Any = module.Client("foreign", no_start_server=True)
        self.heard = Heard()
        self._waiting: list[tuple[int, bytes]] = []
        self._out = self._client.midi_outports.register("out")
        self._in = self._client.midi_inports.register("in")
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._xrun)
        self._client.activate()
        wanted = {f"{peer}:in", f"{peer}:out"}
        wait_for(
            lambda: wanted <= {port.name for port in ports(self._client)},
            f"the ports of {peer}",
        )
        self._client.connect(self._out, f"{peer}:in")
        self._client.connect(f"{peer}:out", self._in)

    def note(self, pitch: int, offset: int) -> None:
        """Play a note a few periods from now, and let go of it a little later."""
        frame = int(self._client.frame_time) + 4 * PERIOD + offset
        self.heard.played.append((frame, pitch))
        heapq.heappush(self._waiting, (frame, NoteOn(1, pitch, 90).encode()))
        heapq.heappush(self._waiting, (frame + round(_HELD * RATE), NoteOff(1, pitch).encode()))

    def leave(self) -> Heard:
        """Leave JACK; return what was heard."""
        leave(self._client)
        return self.heard

    def _xrun(self, _: float) -> None:
        self.heard.xruns += 1

    def _process(self, frames: int) -> None:
        begin = int(self._client.last_frame_time)
        heard = self.heard
        heard.starts.append((time.monotonic(), begin))
        for offset, data in self._in.incoming_midi_events():
            heard.received.append((begin + offset, bytes(data)))
        self._out.clear_buffer()
        while self._waiting and self._waiting[0][0] < begin + frames:
            frame, data = heapq.heappop(self._waiting)
            self._out.write_midi_event(max(frame - begin, 0), data)


def wait_for(found: Callable[[], Any], what: str) -> None:
    """Wait until something is there. Raises BenchError, naming it, where it does not come."""
    ends = time.monotonic() + _READY
    while not found():
        if time.monotonic() > ends:
            raise BenchError(f"{what} did not come within {_READY:g} s")
        time.sleep(0.02)
