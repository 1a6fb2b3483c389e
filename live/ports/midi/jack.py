"""Our own JACK client: events at their exact frame, in and out, inside JACK's callback."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from live.ports import native
from live.ports.jack_client import STALLED, JackClient
from live.ports.midi.frames import FrameClock, offset
from live.ports.midi.marks import Reach
from live.ports.native import PortError
from live.time.table import Due
from models.midi.decoding import decode
from models.midi.messages import Message

_HOLDS: Final = 0.05
"""Seconds after which a connection that is made or broken is one for all."""


class Cycle(Protocol):
    """The work of a period: takes its times, what came in and how far output reaches; returns what goes out."""

    def __call__(
        self, now: float, until: float, heard: list[tuple[float, Message]], reach: Reach
    ) -> list[Due]:
        """Return the messages of this period, in order."""


class JackPort(JackClient):
    """The JACK client of exactly this name with the MIDI ports `in` and `out`.

    cycle runs in JACK's thread, once a period. For lost, errors and threads see JackClient.
    """

    carries = "notes"

    def __init__(
        self,
        name: str,
        cycle: Cycle,
        lost: Callable[[], None],
        *,
        plays: bool = True,
        listens: bool = True,
    ) -> None:
        super().__init__(name, "midi", lost, "play elsewhere with --out", exact=True)
        module = native.jack()
        self._module = module
        self._full, self._exit = module.JackError, module.CallbackExit
        self._cycle = cycle
        self._waiting: list[Due] = []
        """Messages that did not fit into a period."""
        self._begun = self._busy = False
        self._listeners = 0
        """How many ports listened to ours in the last period, and since when they do."""
        self._since = 0.0
        self._left = threading.Event()
        client = self._client
        with self._while_it_lives():
            self._in = client.midi_inports.register("in") if listens else None
            self._out = client.midi_outports.register("out") if plays else None
            self._clock = FrameClock(client.samplerate, client.blocksize)
            self._half = 0.5 / client.samplerate
            client.set_process_callback(self._called)

    def start(self, connect: Sequence[str] = ()) -> list[str]:
        """Join the server's cycle; return one sentence for each connection that was not made.

        Raises PortError where the server went meanwhile.
        """
        self._activate()
        return self._connections.connect_all(connect)

    def begin(self) -> None:
        """Play and listen from now on: `cycle` is called in every period."""
        self._begun = True

    @property
    def period(self) -> float:
        """A period in seconds."""
        return float(self._client.blocksize / self._client.samplerate)

    @property
    def connections(self) -> int:
        """How many ports listen to ours."""
        return int(self._out.number_of_connections) if self._out and self.alive else 0

    @property
    def _inside(self) -> bool:
        return self._busy

    def _called(self, frames: int) -> None:
        self._busy = True
        try:
            if self._gone.is_set():
                # Then JACK's thread ends by itself, outside of Python.
                self._left.set()
                raise self._exit
            self._last_seen = time.monotonic()
            if self._begun:
                self._process(frames)
            elif self._out is not None:
                self._out.clear_buffer()
        finally:
            self._busy = False

    def _retire(self) -> None:
        self._left.wait(STALLED)
        # It tells the server, which takes it in with its next period.
        time.sleep(4 * self.period)

    def _process(self, frames: int) -> None:
        begin = int(self._client.last_frame_time)
        if self.freewheels:
            # Its frames are no time: everything comes and goes now.
            self._clock = FrameClock(self._client.samplerate, frames)
        self._clock.tick(self._last_seen, begin)
        clock, incoming = self._clock, self._in
        heard: list[tuple[float, Message]] = []
        if incoming is not None:
            for after, data in native.jack_events(self._module, incoming, frames):
                if (message := decode(data)) is not None:
                    heard.append((clock.time(begin + after), message))
        # Half a frame less: a time that is nearer to the next period's first frame goes there.
        end = begin if self.freewheels else begin + frames
        until = clock.time(end) - self._half
        due = self._cycle(clock.time(begin), until, heard, self._reach())
        if self._waiting:
            due, self._waiting = [*self._waiting, *due], []
        out = self._out
        if out is None:
            return
        out.clear_buffer()
        for place, one in enumerate(due):
            after = min(max(offset(clock.frame(one.at), begin), 0), frames - 1)
            try:
                out.write_midi_event(after, one.message.encode())
            except self._full:
                self._waiting = due[place:]
                return

    def _reach(self) -> Reach:
        """Return who gets what this period writes."""
        listeners = int(self._out.number_of_connections) if self._out is not None else 0
        if listeners != self._listeners:
            self._listeners, self._since = listeners, self._last_seen
        if not listeners:
            return Reach.NOBODY
        held = self._last_seen - self._since > _HOLDS and not self._waiting
        return Reach.EVERYBODY if held else Reach.PERHAPS

    def _connect(self, part: str, found: Sequence[Any]) -> list[str]:
        texts = []
        listening = [port for port in found if port.is_input]
        playing = [port for port in found if port.is_output]
        for ours, theirs in ((self._out, listening), (self._in, playing)):
            if len(theirs) > 1:
                there = ", ".join(port.name for port in theirs)
                texts.append(f"{part!r} matches several JACK MIDI ports: {there}.")
            elif theirs and ours is not None:
                pair = (ours, theirs[0]) if ours is self._out else (theirs[0], ours)
                texts += self._connections.join(*pair)
        return texts


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
    native.jack()
    try:
        client = native.jack_client("extempo-look")
    except PortError:
        return None
    try:
        return Server(int(client.samplerate), int(client.blocksize), bool(client.realtime))
    finally:
        client.close()
