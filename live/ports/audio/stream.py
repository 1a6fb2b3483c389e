"""The mix for programs without JACK: blocks of float32 at a TCP port of the loopback.

docs/sound-stream.md describes it.
"""

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from live.ipc import pulse
from live.machine import realtime
from live.ports.audio.mixer import Mixer, Tap
from live.ports.native import PortError

HOST: Final = "127.0.0.1"
MAGIC: Final = b"XSND"
VERSION: Final = 1
CHANNELS: Final = 2
BLOCK: Final = 256
"""Frames in a block."""
GREETING: Final = struct.Struct("<4sHHII")
"""Magic, version, channels, frames a second, frames in a block."""
HEAD: Final = struct.Struct("<QQ")
"""Before each block: its number, counted for this client from 0, and its first frame's, counted for all."""

_CLIENTS: Final = 16
_OFTEN: Final = 0.004
"""Seconds between looks for new sound while anybody listens."""
_LOOK: Final = 0.5
"""The same while nobody does."""
_BEHIND: Final = 1.0
"""Seconds behind from which on a client is too slow."""


class _Client:
    """One program that listens; `left` is what the system has not taken yet."""

    def __init__(self, connection: socket.socket, mixer: Mixer, rate: int) -> None:
        self.connection = connection
        self._tap = Tap(mixer)
        self._number = 0
        self.left = GREETING.pack(MAGIC, VERSION, CHANNELS, rate, BLOCK)

    def behind(self) -> int:
        """Return how many frames it has not been sent."""
        return self._tap.waiting

    def send(self) -> None:
        """Send what it takes, without waiting. Raises OSError where it is gone."""
        while True:
            while self.left:
                try:
                    sent = self.connection.send(self.left)
                except BlockingIOError:
                    return
                self.left = self.left[sent:]
            if self._tap.waiting < BLOCK:
                return
            block = self._tap.read(BLOCK)
            head = HEAD.pack(self._number, self._tap.place - BLOCK)
            self.left = head + block.astype("<f4").tobytes()
            self._number += 1


class StreamServer:
    """A server for several programs at a port; 0 is any that is free.

    One that is too slow is cut off, and so are all when the rate changes. Raises PortError where the
    port is taken. Threads: its own, and one that opens and closes it.
    """

    def __init__(self, port: int, mixer: Mixer, tell: Callable[[str], None]) -> None:
        self._mixer = mixer
        self._tell = tell
        try:
            self._listener = socket.create_server((HOST, port))
        except (OSError, OverflowError) as error:
            raise PortError(
                f"TCP port {port} of {HOST} cannot be had for the sound stream: "
                "choose another one with --stream."
            ) from error
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._clients: list[_Client] = []
        self._rate = 0
        self._slow_told = False
        self._ours, self._theirs = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._theirs, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="sound stream", daemon=True)
        self._thread.start()

    @property
    def words(self) -> str:
        """Where it is reached, in words for the player."""
        return f"a stream at {HOST} port {self.port}"

    def close(self) -> None:
        """Disconnect all clients, and free the port."""
        self._ours.send(b"x")
        self._thread.join()
        for client in list(self._clients):
            self._drop(client)
        self._selector.close()
        for end in (self._listener, self._ours, self._theirs):
            end.close()

    def _run(self) -> None:
        realtime.stand_back()
        pulse.again("the sound stream", self._stream, self._tell)
        pulse.end("the sound stream")

    def _stream(self) -> None:
        beat = pulse.begin("the sound stream", vital=False)
        while True:
            beat()
            found = self._selector.select(_OFTEN if self._clients else _LOOK)
            if self._mixer.rate != self._rate:
                self._rate = self._mixer.rate
                for client in list(self._clients):
                    self._drop(client)
            for key, _ in found:
                if key.fileobj is self._theirs:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data in self._clients:
                    self._listen_to(key.data)
            for client in list(self._clients):
                self._serve(client)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= _CLIENTS or not self._rate:
            connection.close()
            return
        connection.setblocking(False)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = _Client(connection, self._mixer, self._rate)
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _listen_to(self, client: _Client) -> None:
        # Clients have nothing to say; that they are gone is heard here.
        try:
            gone = not client.connection.recv(4096)
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self._drop(client)

    def _serve(self, client: _Client) -> None:
        try:
            client.send()
        except OSError:
            self._drop(client)
            return
        if client.behind() > _BEHIND * self._rate:
            self._drop(client)
            if not self._slow_told:
                self._slow_told = True
                self._tell("A program that listens to the sound stream is too slow: it is cut off.")

    def _drop(self, client: _Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.connection)
        client.connection.close()
