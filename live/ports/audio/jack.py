"""Our own JACK client for sound: the mix inside JACK's callback, with no Python in it."""

import ctypes
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.machine.code import address_of
from live.ports import native
from live.ports.audio import code
from live.ports.audio.layout import WIRING
from live.ports.audio.mixer import Mixer
from live.ports.jack_client import JackClient
from live.ports.jack_connections import ports


class JackDriver(JackClient):
    """The JACK client `client_name` with the audio ports `left`, `right` and `in`.

    connect: parts of names of the ports that ours are connected to; empty are the system's.
    links: what our ports were connected to before, where this is not the first client of this run.
    For lost, errors and threads see JackClient.
    """

    name = system = "JACK"
    carries = "sound"

    def __init__(
        self,
        client_name: str,
        mixer: Mixer,
        lost: Callable[[], None],
        connect: Sequence[str] = (),
        links: Iterable[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(client_name, "audio", lost, "have sound elsewhere with --sound")
        self._mixer = mixer
        self._connect_to, self._before = connect, links
        self.words = ""
        self.troubles: list[str] = []
        self._calls = 0
        self._wiring: NDArray[Any] = np.zeros(1, WIRING)
        client = self._client
        self.rate, self.period = int(client.samplerate), int(client.blocksize)
        with self._while_it_lives():
            self._left = client.outports.register("left")
            self._right = client.outports.register("right")
            self._in = client.inports.register("in")
            self._wire(native.jack())

    def start(self) -> None:
        """Let JACK call us, and connect. Raises PortError where the server went meanwhile."""
        self._wiring["driver"] = self._mixer.begin(self.rate, self.period)
        self._activate()
        with self._while_it_lives():
            self._connect_sound(self._connect_to)
            self.words = self._where()

    def _wire(self, module: Any) -> None:
        ffi, library, wiring = module._ffi, module._lib, self._wiring
        ours = ctypes.CDLL(module._libname)
        wiring["mixer"] = self._mixer.address
        wiring["buffer_of"] = address_of(ours.jack_port_get_buffer)
        for field, port in (("left", self._left), ("right", self._right), ("listen", self._in)):
            wiring[field] = int(ffi.cast("intptr_t", port._ptr))
        library.jack_set_process_callback(
            self._client._ptr,
            ffi.cast("JackProcessCallback", code.jack_process),
            ffi.cast("void *", wiring.ctypes.data),
        )

    def _freewheel(self, starting: bool) -> None:
        """Be silent while JACK asks for more than there can be: that is no block that came too late."""
        super()._freewheel(starting)
        if starting:
            code.take_over(self._mixer.address, 0)
        elif self._active and not self._gone.is_set():
            self._wiring["driver"] = self._mixer.begin(self.rate, self.period)

    @property
    def alive(self) -> bool:
        """Whether the server still calls us."""
        calls = int(self._wiring["calls"][0])
        if calls != self._calls:
            self._calls, self._last_seen = calls, time.monotonic()
        return super().alive

    @property
    def _inside(self) -> bool:
        return bool(self._wiring["inside"][0])

    def stop(self) -> None:
        """Close the client; a server that is dead cannot hold us up."""
        if not self._active:
            super().stop()
            return
        code.take_over(self._mixer.address, 0)
        super().stop()
        self._mixer.deaf()

    # Connections

    def _connect_sound(self, connect: Sequence[str]) -> None:
        client = self._client
        if connect:
            self.troubles += self._connections.connect_all(connect)
        if self._before is not None:
            self.restore(self._before)
        elif not connect:
            speakers = ports(client, is_audio=True, is_input=True, is_physical=True)
            self.troubles += self._speak_to(speakers)
            microphones = ports(client, is_audio=True, is_output=True, is_physical=True)
            self.troubles += self._listen_to(microphones)

    def _where(self) -> str:
        name = self._client.name
        heard = {
            other.name: None
            for ours in (self._left, self._right)
            for other in self._client.get_all_connections(ours)
        }
        where = f"to {' and '.join(heard)}" if heard else "connected to nothing yet"
        milliseconds = 1000.0 * self.period / self.rate
        return f"JACK ports {name}:left and {name}:right, {where}, {milliseconds:.1f} ms a period"

    def _connect(self, part: str, found: Sequence[Any]) -> list[str]:
        hearing = [port for port in found if port.is_input]
        return self._speak_to(hearing) if hearing else self._listen_to(found)

    def _speak_to(self, others: Sequence[Any]) -> list[str]:
        # A port alone is mono: it gets both sides.
        both = [*others[:2], *others[:1]][:2]
        pairs = zip((self._left, self._right), both, strict=False)
        return [text for ours, other in pairs for text in self._connections.join(ours, other)]

    def _listen_to(self, others: Sequence[Any]) -> list[str]:
        return self._connections.join(others[0], self._in) if others else []
