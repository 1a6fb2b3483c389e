"""A UDP socket that learns which peers have gone, where the system reports it."""

import errno
import socket
import struct
import sys
from typing import Any, Final

from live.control.surfaces.osc.subscribers import Peer
from models.contract.errors import ExtempoError

_BUFFER: Final = 1 << 20
"""Bytes that wait while the receiver is away: some thousands of messages."""
_SECOND: Final = 1000 if sys.platform == "win32" else struct.pack("@ll", 1, 0)
_NO_WAIT: Final = getattr(socket, "MSG_DONTWAIT", 0)
_ERROR_QUEUE: Final = getattr(socket, "MSG_ERRQUEUE", 0)
# Linux's IP_RECVERR and IPV6_RECVERR, which the socket module names only from Python 3.14 on.
_TELL_ERRORS: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}


class Udp:
    """A bound socket. Raises ExtempoError where it cannot be had.

    Threads: receive() from one, send() from any, wake() and close() on main.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = _bound(host, port)
        self._tells = sys.platform == "linux"
        if self._tells:
            self._socket.setsockopt(*_TELL_ERRORS[self._socket.family], 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        # Not Python's own timeout, with which sending waits too.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SECOND)

    @property
    def here(self) -> Peer:
        """The host and port that it listens on."""
        return _peer(self._socket.getsockname())

    def receive(self, size: int) -> tuple[bytes, Peer] | None:
        """Wait for a packet; return its first `size` bytes and whose it is.

        None where a peer left, or nothing came for a second.
        """
        try:
            packet, sender = self._socket.recvfrom(size)
        except OSError:
            # Linux and Windows say here that a peer has gone; Windows, that a packet is too large.
            return None
        return packet, _peer(sender)

    def send(self, packet: bytes, peer: Peer) -> bool:
        """Send without waiting; False where this peer cannot be reached."""
        for _ in range(2):
            try:
                self._socket.sendto(packet, _NO_WAIT, peer)
            except BlockingIOError:
                # The system's buffer is full: this packet is lost, the peer is not.
                return True
            except ConnectionError:
                # An earlier packet to some peer was refused, and this one has not been sent yet.
                continue
            except (OSError, OverflowError):
                return False
            return True
        return True

    def gone(self) -> list[Peer]:
        """Return the peers whose port was found closed since the last call, if the system says."""
        peers: list[Peer] = []
        while self._tells:
            try:
                _, _, _, peer = self._socket.recvmsg(0, 0, _ERROR_QUEUE | _NO_WAIT)
            except OSError:
                break
            peers.append(_peer(peer))
        return peers

    def wake(self) -> None:
        """Make receive() return, with an empty packet."""
        host, port = self.here
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        with socket.socket(self._socket.family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (near, port))

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


def _peer(address: tuple[Any, ...]) -> Peer:
    """Return a socket's address as a peer: of a link-local one the scope is part of the host."""
    host, port = str(address[0]), int(address[1])
    scope = address[3] if len(address) > 3 else 0
    return (f"{host}%{scope}" if scope and "%" not in host else host), port


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[
            0
        ]
    except (OSError, OverflowError, UnicodeError):
        raise ExtempoError(
            f"There is no host {host!r} here; --osc-host takes one of this machine's addresses."
        ) from None
    one = socket.socket(family, kind, protocol)
    try:
        one.bind(address)
    except OSError as error:
        one.close()
        if error.errno == errno.EADDRINUSE:
            raise ExtempoError(
                f"OSC port {port} is taken, perhaps by another extempo: choose one with --osc-port."
            ) from None
        raise ExtempoError(
            f"OSC cannot listen at {host}, port {port} ({error.strerror}): "
            "see --osc-host and --osc-port."
        ) from None
    return one
