"""Our own JACK client for sound: the mix inside JACK's callback, with no Python in it."""

import ctypes
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from live.ports import native
from live.ports.native import PortError
from live.ports.sound import kernel
from live.ports.sound.clock import address_of
from live.ports.sound.layout import WIRING
from live.ports.sound.mixer import Mixer

STALLED: Final = 2.0
"""Seconds without a callback after which a server counts as dead."""
_INSIDE: Final = 0.5


class JackDriver:
    """The JACK client `client_name` with the audio ports `left`, `right` and `in`.

    connect: parts of names of the ports that ours are connected to; empty are the system's.
    lost is called from a thread of JACK's when the server goes: then stop(), and make another one.
    Raises PortError where no server answers. Threads: all but the callbacks on one.
    """

    name = "JACK"

    def __init__(
        self, client_name: str, mixer: Mixer, lost: Callable[[], None], connect: Sequence[str] = ()
    ) -> None:
        module = native.jack()
        try:
            self._client: Any = module.Client(client_name, no_start_server=True)
        except module.JackOpenError as error:
            raise PortError(
                "No JACK server answers: start it (`jackd`, QjackCtl or PipeWire), "
                "or have sound elsewhere with --sound."
            ) from error
        client = self._client
        self._mixer = mixer
        self._left = client.outports.register("left")
        self._right = client.outports.register("right")
        self._in = client.inports.register("in")
        self.rate, self.period = int(client.samplerate), int(client.blocksize)
        self.words = ""
        self.troubles: list[str] = []
        self.xruns = 0
        self._connect_to = connect
        self._gone = threading.Event()
        self._lost = lost
        self._calls, self._last_seen = 0, time.monotonic()
        self._wiring: NDArray[Any] = np.zeros(1, WIRING)
        self._wire(module)
        client.set_xrun_callback(self._count_xrun)
        client.set_shutdown_callback(self._shut_down)

    def start(self) -> None:
        """Let JACK call us, and connect. Raises PortError where the server went meanwhile."""
        self._last_seen = time.monotonic()
        self._wiring["driver"] = self._mixer.begin(self.rate, self.period)
        try:
            self._client.activate()
            self.words = self._connect_all(self._connect_to)
        except native.jack().JackError as error:
            self.stop()
            raise PortError(f"JACK does not take us: {error}.") from error

    def _wire(self, module: Any) -> None:
        ffi, library, wiring = module._ffi, module._lib, self._wiring
        ours = ctypes.CDLL(module._libname)
        wiring["mixer"] = self._mixer.address
        wiring["buffer_of"] = address_of(ours.jack_port_get_buffer)
        for field, port in (("left", self._left), ("right", self._right), ("listen", self._in)):
            wiring[field] = int(ffi.cast("intptr_t", port._ptr))
        library.jack_set_process_callback(
            self._client._ptr,
            ffi.cast("JackProcessCallback", kernel.jack_process.address),
            ffi.cast("void *", wiring.ctypes.data),
        )

    @property
    def alive(self) -> bool:
        """Whether the server still calls us."""
        calls = int(self._wiring["calls"][0])
        if calls != self._calls:
            self._calls, self._last_seen = calls, time.monotonic()
        return not self._gone.is_set() and time.monotonic() - self._last_seen < STALLED

    def stop(self) -> None:
        """Close the client; a server that is dead cannot hold us up."""
        answers = self.alive
        self._gone.set()
        kernel.take_over(self._mixer.address, 0)
        end = time.monotonic() + _INSIDE
        while self._wiring["inside"][0] and time.monotonic() < end:
            time.sleep(0.001)
        self._mixer.deaf()
        closer = threading.Thread(target=self._client.close, daemon=True, name="sound-close")
        closer.start()
        closer.join(2.0 if answers else 0.5)

    def _count_xrun(self, _: float) -> None:
        self.xruns += 1

    def _shut_down(self, _status: object, _reason: str) -> None:
        self._gone.set()
        self._lost()

    # Connections

    def _connect_all(self, connect: Sequence[str]) -> str:
        client = self._client
        if connect:
            for part in connect:
                self._connect(part)
        else:
            speakers = client.get_ports(is_audio=True, is_input=True, is_physical=True)
            self._speak_to(speakers)
            microphones = client.get_ports(is_audio=True, is_output=True, is_physical=True)
            self._listen_to(microphones)
        heard = dict.fromkeys(
            other.name
            for ours in (self._left, self._right)
            for other in client.get_all_connections(ours)
        )
        where = f"to {' and '.join(heard)}" if heard else "connected to nothing yet"
        milliseconds = 1000.0 * self.period / self.rate
        return (
            f"JACK ports {client.name}:left and {client.name}:right, {where}, "
            f"{milliseconds:.1f} ms a period"
        )

    def _connect(self, part: str) -> None:
        client = self._client
        others = [port for port in client.get_ports(is_audio=True) if not client.owns(port)]
        found = [port for port in others if part.lower() in port.name.lower()]
        hearing = [port for port in found if port.is_input]
        if not found:
            there = ", ".join(port.name for port in others) or "none"
            self.troubles.append(f"No JACK audio port matches {part!r}; there is {there}.")
        elif hearing:
            self._speak_to(hearing)
        else:
            self._listen_to(found)

    def _speak_to(self, others: Sequence[Any]) -> None:
        # A port alone is mono: it gets both sides.
        for ours, other in zip((self._left, self._right), others, strict=False):
            self._join(ours, other)
        if len(others) == 1:
            self._join(self._right, others[0])

    def _listen_to(self, others: Sequence[Any]) -> None:
        for other in others[:1]:
            self._join(other, self._in)

    def _join(self, source: Any, target: Any) -> None:
        try:
            self._client.connect(source, target)
        except native.jack().JackError as error:
            self.troubles.append(f"JACK does not connect {source.name} to {target.name}: {error}.")
