"""An engine that only remembers, behind a real OSC server, and a peer that talks to it."""

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pythonosc.osc_message import OscMessage

from live.control.control import Control
from live.control.surfaces.osc.osc import Osc
from live.control.surfaces.osc.packets import Argument, write
from live.declared.knob import Kind
from live.ipc.commands import Command
from live.ipc.news import FromEngine, FromPortsToControl
from models.contract.errors import ArtifactError


class Engine:
    """Takes commands as the engine's inbox does: bounded, in order."""

    def __init__(self) -> None:
        self.taken: list[Command] = []
        self.room = 10_000

    def put(self, command: Command) -> bool:
        if len(self.taken) >= self.room:
            return False
        self.taken.append(command)
        return True

    def waits_for(self, count: int) -> list[Command]:
        end = time.monotonic() + 5
        while len(self.taken) < count and time.monotonic() < end:
            time.sleep(0.001)
        assert len(self.taken) >= count, f"{len(self.taken)} commands came, not {count}"
        return self.taken


def find(name: str, kind: Kind) -> Path:
    if name == "broken":
        raise ArtifactError("broken.onnx is cut short: export it again.")
    if name == "piano" and kind != "audio":
        raise ArtifactError("piano is a model of audio: load it in a voice of that kind.")
    return Path("/artifacts" * (5 if "/" in name else 1)) / f"{name}.onnx"


class Daemon:
    """What a daemon has of control."""

    def __init__(self, voices: Mapping[int, Kind]) -> None:
        self.engine = Engine()
        self.control = Control(self.engine.put, find, voices)
        self.shown: list[str] = []
        """What the player was shown of errors."""
        self.osc = Osc(self.control, "127.0.0.1", 0, self.shown.append)

    def says(self, message: FromEngine | FromPortsToControl) -> None:
        self.control.hear(message)
        self.osc.tell(message)


class Peer:
    """A patch: sends from a port of its own and reads what comes back there."""

    def __init__(self, to: tuple[str, int]) -> None:
        self.to = to
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    def send(self, address: str, *arguments: Argument) -> None:
        self.raw(write(address, arguments))

    def raw(self, packet: bytes) -> None:
        self.socket.sendto(packet, self.to)

    def hears(self, address: str, timeout: float = 5.0) -> Sequence[Argument]:
        """Wait for a message at an address and return its arguments; others are passed over."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            message = OscMessage(self.socket.recv(65536))
            if message.address == address:
                return message.params
        raise TimeoutError(address)

    def rest(self, timeout: float = 0.2) -> list[tuple[str, list[Argument]]]:
        """Return what comes until nothing has come for a while."""
        found: list[tuple[str, list[Argument]]] = []
        self.socket.settimeout(timeout)
        while True:
            try:
                message = OscMessage(self.socket.recv(65536))
            except TimeoutError:
                return found
            found.append((message.address, message.params))


Pair = tuple[Daemon, Peer]

VOICES: Final[Mapping[int, Kind]] = {1: "events", 2: "audio"}
"""One voice that plays notes, and one that plays sound."""


@contextmanager
def daemon(voices: Mapping[int, Kind] = VOICES) -> Iterator[tuple[Daemon, Peer]]:
    """Run a server on a free port, with one peer."""
    one = Daemon(voices)
    one.osc.start()
    peer = Peer(one.osc.here)
    try:
        yield one, peer
    finally:
        peer.socket.close()
        one.osc.close()
