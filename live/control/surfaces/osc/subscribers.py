"""The peers that get the news."""

import threading
from typing import Final

Peer = tuple[str, int]
"""A host and a UDP port."""

MOST: Final = 32
"""Subscribers at a time; the next takes the place of the one that has been there longest."""
OF_ONE_HOST: Final = 16
"""Subscribers of one host at a time, so that none pushes out all others."""


class Subscribers:
    """Peers that asked for news, until they unsubscribe or cannot be reached. Threads: any."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self.peers: tuple[Peer, ...] = ()
        """In the order in which they came; replaced, never changed, so safe to walk."""

    def add(self, peer: Peer) -> None:
        """Add a peer, or make it the newest."""
        with self._changing:
            others = tuple(one for one in self.peers if one != peer)
            neighbours = [one for one in others if one[0] == peer[0]]
            if len(neighbours) >= OF_ONE_HOST:
                others = tuple(one for one in others if one != neighbours[0])
            self.peers = (*others, peer)[-MOST:]

    def drop(self, peer: Peer) -> bool:
        """Forget a peer; False where it was not subscribed."""
        with self._changing:
            before = self.peers
            self.peers = tuple(one for one in before if one != peer)
            return len(self.peers) < len(before)
