"""Our own JACK client: events at their exact frame, in and out, inside JACK's callback."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from live.notes import Due
from live.ports import native
from live.ports.frames import FrameClock, offset
from live.ports.native import PortError

STALLED: Final = 2.0
"""Seconds without a callback after which a server counts as dead."""


class Cycle(Protocol):
    """What is done in every period: takes its times and what came in, returns what goes out."""

    def __call__(self, now: float, until: float, heard: list[tuple[float, bytes]]) -> list[Due]:
        """Return the messages of this period, in order."""


class JackPort:
    """The JACK client `name` with the MIDI ports `in` and `out`.

    cycle runs in JACK's thread, once a period. lost is called from a thread of JACK's when the
    server goes: then stop(), and make another one. Raises PortError where no server answers.
    Threads: all but the callbacks on one.
    """

    def __init__(
        self,
        name: str,
        cycle: Cycle,
        lost: Callable[[], None],
        *,
        plays: bool = True,
        listens: bool = True,
    ) -> None:
        module = native.jack()
        try:
            self._client: Any = module.Client(name, no_start_server=True)
        except module.JackOpenError as error:
            raise PortError(
                "No JACK server answers: start it (`jackd`, QjackCtl or PipeWire), "
                "or play elsewhere with --out."
            ) from error
        self._full = module.JackError
        self._cycle = cycle
        self._in = self._client.midi_inports.register("in") if listens else None
        self._out = self._client.midi_outports.register("out") if plays else None
        self._clock = FrameClock(self._client.samplerate, self._client.blocksize)
        self._last_seen = time.monotonic()
        self._gone = threading.Event()
        self._half = 0.5 / self._client.samplerate
        self.xruns = 0
        self.dropped = 0
        self._lost = lost
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._count_xrun)
        self._client.set_shutdown_callback(self._shut_down)

    def start(self, connect: Sequence[str] = ()) -> list[str]:
        """Begin to play and listen; return one sentence for each connection that was not made."""
        self._last_seen = time.monotonic()
        self._client.activate()
        return [text for part in connect for text in self._connect(part)]

    @property
    def name(self) -> str:
        """The client's name, which JACK changes where it is taken."""
        return str(self._client.name)

    @property
    def period(self) -> float:
        """A period in seconds."""
        return float(self._client.blocksize / self._client.samplerate)

    @property
    def alive(self) -> bool:
        """Whether the server still calls us."""
        return not self._gone.is_set() and time.monotonic() - self._last_seen < STALLED

    @property
    def stopped(self) -> bool:
        """Whether stop() was called, or the server said good-bye."""
        return self._gone.is_set()

    @property
    def connections(self) -> int:
        """How many ports listen to ours."""
        return int(self._out.number_of_connections) if self._out and self.alive else 0

    def stop(self) -> None:
        """Close the client; a server that is dead cannot hold us up."""
        answers = self.alive
        self._gone.set()
        closer = threading.Thread(target=self._client.close, daemon=True, name="jack-close")
        closer.start()
        closer.join(2.0 if answers else 0.5)

    def _process(self, frames: int) -> None:
        if self._gone.is_set():
            return
        self._last_seen = time.monotonic()
        begin = int(self._client.last_frame_time)
        self._clock.tick(self._last_seen, begin)
        clock, incoming = self._clock, self._in
        heard = []
        if incoming is not None:
            for after, data in incoming.incoming_midi_events():
                heard.append((clock.time(begin + after), bytes(data)))
        # Half a frame less: a time that is nearer to the next period's first frame goes there.
        until = clock.time(begin + frames) - self._half
        due = self._cycle(clock.time(begin), until, heard)
        out = self._out
        if out is None:
            return
        out.clear_buffer()
        for one in due:
            after = min(max(offset(clock.frame(one.at), begin), 0), frames - 1)
            try:
                out.write_midi_event(after, one.data)
            except self._full:
                self.dropped += 1

    def _count_xrun(self, _: float) -> None:
        self.xruns += 1

    def _shut_down(self, _status: object, _reason: str) -> None:
        self._gone.set()
        self._lost()

    def _connect(self, part: str) -> list[str]:
        client = self._client
        others = [port for port in client.get_ports(is_midi=True) if not client.owns(port)]
        found = [port for port in others if part.lower() in port.name.lower()]
        listening = [port for port in found if port.is_input]
        playing = [port for port in found if port.is_output]
        if not found:
            return [f"No JACK MIDI port matches {part!r}; there is {_names(others)}."]
        texts = []
        for ours, theirs in ((self._out, listening), (self._in, playing)):
            if len(theirs) > 1:
                texts.append(f"{part!r} matches several JACK MIDI ports: {_names(theirs)}.")
            elif theirs and ours is not None:
                pair = (ours, theirs[0]) if ours is self._out else (theirs[0], ours)
                client.connect(*pair)
        return texts


def _names(ports: Sequence[Any]) -> str:
    return ", ".join(port.name for port in ports) or "none"


class Server(NamedTuple):
    """How a JACK server runs: frames a second, frames a period, whether with priority."""

    rate: int
    frames: int
    realtime: bool

    @property
    def period(self) -> float:
        """A period in seconds."""
        return self.frames / self.rate


def server() -> Server | None:
    """Return how JACK runs, or None where no server answers. Raises PortError without libjack."""
    module = native.jack()
    try:
        client = module.Client("extempo-look", no_start_server=True)
    except module.JackOpenError:
        return None
    try:
        return Server(int(client.samplerate), int(client.blocksize), bool(client.realtime))
    finally:
        client.close()
